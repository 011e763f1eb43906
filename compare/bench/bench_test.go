//go:build linux

package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/chat/compare/servers"
)

func TestMain(m *testing.M) {
	defer servers.Cleanup()
	m.Run()
}

// measured is a bench whose runs were made by hand: scenario, server, and the
// rate of each round.
func measured(rates map[string]map[string][]float64) *bench {
	b := &bench{
		options: options{servers: []string{servers.FastAPI, servers.GWS, servers.Go}, rounds: 3,
			duration: time.Second},
		runs: make(map[string]map[string][]*measurement),
	}
	for name, ofServer := range rates {
		s, _ := find(name)
		b.scenarios = append(b.scenarios, s)
		b.runs[name] = make(map[string][]*measurement)
		for server, all := range ofServer {
			for _, rate := range all {
				b.runs[name][server] = append(b.runs[name][server],
					&measurement{values: map[string]float64{"rate": rate}})
			}
		}
	}
	return b
}

func TestEveryScenarioOfTheReportIsFound(t *testing.T) {
	for _, name := range append(allScenarios(), quickScenarios...) {
		if _, err := find(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "N100", "N10K11w1", "latency", "xN100K1w1"} {
		if _, err := find(name); err == nil {
			t.Errorf("%q is found", name)
		}
	}
}

func TestEveryColumnOfTheReportIsOfAScenarioThatIsRun(t *testing.T) {
	run := strings.Join(append(allScenarios(), quickScenarios...), " ") + " "
	for _, s := range sections() {
		for _, c := range s.columns {
			if !strings.Contains(run, c.scenario+" ") {
				t.Errorf("%s: nobody runs %s", s.title, c.scenario)
			}
		}
	}
}

func TestATableShowsMediansRatiosAndMarks(t *testing.T) {
	b := measured(map[string]map[string][]float64{"N100K1w16": {
		servers.FastAPI: {100_000, 110_000, 105_000},
		servers.GWS:     {200_000, 900_000, 210_000},
		servers.Go:      {2_100_000, 2_000_000, 2_200_000},
	}})
	b.runs["N100K1w16"][servers.Go][1].doubt("%d clients dropped", 3)
	table := b.tables()
	for _, want := range []string{
		"| FastAPI, uvicorn | 105 |",
		"| lxzan/gws | 210\\* |", // its rounds differ
		"| **this server** | 2,100\\* |",
		"| FastAPI, uvicorn | 20.0 |",
		"| lxzan/gws | 10.0 |",
		"3 clients dropped",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	b.runs["N100K1w16"][servers.GWS][0].other = 0.5
	if table := b.tables(); !strings.Contains(table, "In 1 of 9 runs other programs") {
		t.Errorf("no word of the other load in\n%s", table)
	}
	if b.ourFailures() != nil {
		t.Error("a doubt counts as a failure")
	}
	b.runs["N100K1w16"][servers.Go][0].set("lost", 1)
	if b.ourFailures() == nil {
		t.Error("a lost delivery of ours is no failure")
	}
}

func TestFiguresKeepThreeDigits(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.123: "0.12", 9.87: "9.87", 12.34: "12.3", 123.4: "123", 1234: "1,234",
		28_859_000: "28,859,000",
		-0.95:      "-0.95", -1234: "-1,234", math.Inf(1): "never",
	} {
		if got := figure(v); got != want {
			t.Errorf("%v is printed as %s, not %s", v, got, want)
		}
	}
}

func TestTheReportAndItsPictureAreWritten(t *testing.T) {
	rates := make(map[string]map[string][]float64)
	for i, name := range throughput {
		rates[name] = map[string][]float64{servers.FastAPI: {float64(i) * 50_000},
			servers.GWS: {300_000}, servers.Go: {6e6}}
	}
	docs := filepath.Join(t.TempDir(), "docs")
	if err := os.Mkdir(docs, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := measured(rates).writeReport(docs); err != nil {
		t.Fatal(err)
	}
	report, err := os.ReadFile(filepath.Join(docs, "benchmark.md"))
	if err != nil || !strings.Contains(string(report), "6,000") ||
		!strings.Contains(string(report), "20.0 times gws") {
		t.Errorf("%v, the report is\n%s", err, report)
	}
	svg, err := os.Open(filepath.Join(docs, picture))
	if err != nil {
		t.Fatal(err)
	}
	defer svg.Close()
	words := ""
	for decoder := xml.NewDecoder(svg); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if chars, ok := token.(xml.CharData); ok {
			words += string(chars)
		}
	}
	for _, want := range []string{"this server", "gws", "FastAPI", "1 of 100 talk",
		"prefers-color-scheme: dark"} {
		if !strings.Contains(words, want) {
			t.Errorf("no %q in the picture", want)
		}
	}
}

func TestARunMeasuresARealServer(t *testing.T) {
	b, err := newBench(options{only: []string{"N10K2w2", "latency100"},
		servers: []string{servers.Go}, rounds: 1, duration: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	b.runAll()
	if err := b.ourFailures(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []column{{"N10K2w2", "rate", "", 1}, {"N10K2w2", "each", "", 1},
		{"latency100", "p50", "", 1}} {
		if values := b.of(servers.Go, c); len(values) != 1 || values[0] <= 0 {
			t.Errorf("%s of %s: %v", c.metric, c.scenario, values)
		}
	}
}
