//go:build linux

package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"example.com/chat/compare/servers"
)

// column is one figure of one scenario.
type column struct {
	scenario, metric, title string
	unit                    float64 // what one of the unit is in the metric's
}

// section is one table of the report.
type section struct {
	title, text string
	columns     []column
	ratios      bool // also as ratios to ours
}

func columns(scenarios []string, metric string, unit float64) []column {
	var all []column
	for _, name := range scenarios {
		all = append(all, column{name, metric, title(name), unit})
	}
	return all
}

// title says a scenario's name as a table's head does.
func title(name string) string {
	n := numbers(talkName, name)
	if n == nil {
		return name
	}
	words := fmt.Sprintf("N%d K%d w%d", n[0], n[1], n[2])
	if n[3] == 1024 {
		words = "1 KiB, " + words
	}
	return words
}

// of gives the values of a column in all rounds of a server.
func (b *bench) of(server string, c column) []float64 {
	var values []float64
	for _, m := range b.runs[c.scenario][server] {
		if v, ok := m.values[c.metric]; ok {
			values = append(values, v/c.unit)
		}
	}
	slices.Sort(values)
	return values
}

func median(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// cell is the median of a column, with a mark when some run of it was
// doubtful or its rounds differ widely.
func (b *bench) cell(server string, c column) string {
	values := b.of(server, c)
	if len(values) == 0 {
		return "–"
	}
	mark := ""
	for _, m := range b.runs[c.scenario][server] {
		if len(m.doubts) > 0 {
			mark = "\\*"
		}
	}
	const wide = 1.3
	if values[0] > 0 && values[len(values)-1] > wide*values[0] {
		mark = "\\*"
	}
	return figure(median(values)) + mark
}

// figure prints three digits that count, thousands set apart.
func figure(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "never"
	case v == 0:
		return "0"
	case math.Abs(v) < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case math.Abs(v) < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// table is a section in Markdown, without the columns that were not measured.
func (b *bench) table(s section) string {
	var measured []column
	for _, c := range s.columns {
		if slices.ContainsFunc(b.options.servers,
			func(name string) bool { return len(b.of(name, c)) > 0 }) {
			measured = append(measured, c)
		}
	}
	if len(measured) == 0 {
		return ""
	}
	out := "## " + s.title + "\n\n" + s.text + "\n\n" + b.rows(measured, b.cell)
	if s.ratios && len(b.options.servers) > 1 && slices.Contains(b.options.servers, servers.Go) {
		out += "\nHow many times as much ours is:\n\n" + b.rows(measured, b.ratio)
	}
	return out + "\n"
}

func (b *bench) rows(columns []column, cell func(string, column) string) string {
	var out strings.Builder
	out.WriteString("| |")
	for _, c := range columns {
		out.WriteString(" " + c.title + " |")
	}
	out.WriteString("\n|---|" + strings.Repeat("--:|", len(columns)) + "\n")
	for _, server := range b.options.servers {
		if !slices.ContainsFunc(columns, func(c column) bool { return len(b.of(server, c)) > 0 }) {
			continue
		}
		out.WriteString("| " + described[server] + " |")
		for _, c := range columns {
			out.WriteString(" " + cell(server, c) + " |")
		}
		out.WriteString("\n")
	}
	return out.String()
}

// ratio is ours to the server's.
func (b *bench) ratio(server string, c column) string {
	theirs, ours := b.of(server, c), b.of(servers.Go, c)
	if len(theirs) == 0 || len(ours) == 0 || median(theirs) == 0 {
		return "–"
	}
	return figure(median(ours) / median(theirs))
}

// tables is everything that was measured.
func (b *bench) tables() string {
	var out strings.Builder
	for _, s := range sections() {
		out.WriteString(b.table(s))
	}
	out.WriteString(b.extra())
	out.WriteString(b.doubts())
	return out.String()
}

// extra holds the scenarios that are in no section: asked for by name.
func (b *bench) extra() string {
	var names []string
	for _, s := range b.scenarios {
		if !slices.Contains(allScenarios(), s.name) && talkName.MatchString(s.name) {
			names = append(names, s.name)
		}
	}
	out := b.table(section{title: "Other rooms, k deliveries/s",
		columns: columns(names, "rate", 1000), ratios: true})
	return out + b.table(section{title: "Other rooms, µs of server CPU per delivery",
		columns: columns(names, "cpu", 1)})
}

// doubts says what the marks are for.
func (b *bench) doubts() string {
	var out strings.Builder
	out.WriteString(b.othersLoad())
	for _, s := range b.scenarios {
		for _, server := range b.options.servers {
			seen := make(map[string]bool)
			for _, m := range b.runs[s.name][server] {
				for _, doubt := range m.doubts {
					if !seen[doubt] && !strings.HasPrefix(doubt, otherLoad) {
						seen[doubt] = true
						fmt.Fprintf(&out, "- %s, %s: %s\n", title(s.name), short[server], doubt)
					}
				}
			}
		}
	}
	for _, server := range b.options.servers {
		for _, failure := range b.failed[server] {
			fmt.Fprintf(&out, "- %s failed: %s\n", short[server], failure)
		}
	}
	if out.Len() == 0 {
		return ""
	}
	return "## Figures not to be trusted\n\n" +
		"A mark (\\*) also stands where the highest of the rounds is over 1.3 times the " +
		"lowest.\n\n" + out.String()
}

// othersLoad says in how many runs other programs had a part of the machine.
func (b *bench) othersLoad() string {
	runs, loaded, most := 0, 0, 0.0
	for _, ofServer := range b.runs {
		for _, all := range ofServer {
			for _, m := range all {
				runs++
				if most = max(most, m.other); m.other > otherLimit {
					loaded++
				}
			}
		}
	}
	if loaded == 0 {
		return ""
	}
	return fmt.Sprintf("- In %d of %d runs other programs had a part of the machine, up to %.0f "+
		"%%: repeat it when nothing else runs.\n", loaded, runs, most*100)
}

// line is a run on one line, for the progress.
func (m *measurement) line() string {
	var names []string
	for name := range m.values {
		if name != "empty" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names {
		parts = append(parts, name+" "+figure(m.values[name]))
	}
	line := strings.Join(parts, ", ")
	if len(m.doubts) > 0 {
		line += " (!) " + strings.Join(m.doubts, "; ")
	}
	return line
}
