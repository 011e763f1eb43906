//go:build unix

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
)

// watched is what the tool in ../learn/watch tells a page.
type watched struct {
	Programs []struct {
		File  string
		Lines []struct{ Text string }
	}
	Story *struct{ Name, After string }
	Sum   *struct{ Dropped int }

	Program int
	Events  []watchedEvent
}

type watchedEvent struct {
	Kind, Value string
	Client      int
	Lines       []int
}

// TestThePageClaimsNoStepThatDidNotRun holds what static/steps.js makes of what a client sends and
// hears against the lines that ran meanwhile in that client's handler and in the others'.
func TestThePageClaimsNoStepThatDidNotRun(t *testing.T) {
	parallel(t)
	url := startWatch(t)
	p := openPage(t, startServer(t).url)
	for _, story := range []string{"binary", "last-word", "stops-reading", "leaves"} {
		play := fmt.Sprintf(`{"do":"story","name":%q}`, story)
		answer, err := http.Post(url+"/do", "application/json", strings.NewReader(play))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		hearWatch(t, url, func(m watched) bool {
			return m.Story != nil && m.Story.Name == story && m.Story.After != ""
		})
		var told []watched // a new page is told all that happened
		hearWatch(t, url, func(m watched) bool {
			told = append(told, m)
			return m.Program == 1 && m.Sum != nil
		})
		for _, m := range told {
			if m.Sum == nil {
				continue
			}
			program, language := told[0].Programs[m.Program], "python"
			if strings.HasSuffix(program.File, ".go") {
				language = "go"
			}
			var texts []string
			for _, line := range program.Lines {
				texts = append(texts, strings.TrimSpace(line.Text))
			}
			ran := stepsThatRan(t, m.Events, texts, language)
			for client := 1; client <= 4; client++ {
				for step, claimed := range p.claims(m.Events, client, language) {
					name, whose, _ := strings.Cut(step, " ")
					is := ran[client][name]
					if whose != "yours" {
						is = 0
						for other, steps := range ran {
							if other != client {
								is += steps[name]
							}
						}
					}
					if claimed > is {
						t.Errorf("%s, %s, client %d: %d times %q is claimed, and %d times it ran",
							story, program.File, client, claimed, step, is)
					}
				}
			}
		}
	}
}

// hearWatch reads what a page is told until enough says so.
func hearWatch(t *testing.T, url string, enough func(watched) bool) {
	t.Helper()
	client := http.Client{Timeout: 2 * patience}
	answer, err := client.Get(url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var m watched
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			t.Fatal(err)
		}
		if enough(m) {
			return
		}
	}
	t.Fatalf("the tool tells no more: %v", lines.Err())
}

// stepsThatRan counts, for each client's handler, how often each step of static/pairs.json ran: as
// often as that of its lines in the endpoint which ran least often.
func stepsThatRan(
	t *testing.T, events []watchedEvent, texts []string, language string,
) map[int]map[string]int {
	t.Helper()
	source, err := os.ReadFile("../static/pairs.json")
	if err != nil {
		t.Fatal(err)
	}
	var pairs struct {
		Endpoint []struct {
			Step       string
			Python, Go []string
		}
	}
	if err := json.Unmarshal(source, &pairs); err != nil {
		t.Fatal(err)
	}
	lines := map[int]map[string]int{} // how often each line ran in each client's handler
	for _, e := range events {
		if e.Kind == "line" {
			if lines[e.Client] == nil {
				lines[e.Client] = map[string]int{}
			}
			lines[e.Client][texts[e.Lines[len(e.Lines)-1]-1]]++
		}
	}
	ran := map[int]map[string]int{}
	for client, counts := range lines {
		ran[client] = map[string]int{}
		for _, pair := range pairs.Endpoint {
			of := map[string][]string{"python": pair.Python, "go": pair.Go}
			for _, line := range of[language] {
				if strings.Trim(line, "}()") == "" {
					continue // the end of a block is no statement
				}
				least, known := ran[client][pair.Step]
				if !known || counts[line] < least {
					ran[client][pair.Step] = counts[line]
				}
			}
		}
	}
	return ran
}

// claims are the steps that the page would show for what a client heard, as "leave yours".
func (p *tab) claims(events []watchedEvent, client int, language string) map[string]int {
	p.t.Helper()
	var calls []string
	call := func(kind string, detail map[string]any) {
		encoded, _ := json.Marshal(detail)
		calls = append(calls, fmt.Sprintf("[%q, %s]", kind, encoded))
	}
	for _, e := range events {
		if e.Client != client {
			continue
		}
		switch e.Kind {
		case "connected":
			call("opened", map[string]any{})
		case "hears":
			call("received", map[string]any{"kind": kindOf(e.Value, client)})
		case "closed":
			number, _, _ := strings.Cut(e.Value, " ")
			code, err := strconv.Atoi(strings.TrimSuffix(number, ","))
			if err == nil {
				call("closed", map[string]any{"code": code, "wasOpen": true, "gaveUp": false})
			}
		}
	}
	return eval[map[string]int](p, fmt.Sprintf(`import("/static/steps.js").then(
		({ stepsOf, YOURS }) => [%s].flatMap(([type, detail]) => stepsOf(type, detail, %q))
		.reduce((counts, [step, whose]) => {
			const name = step + (whose === YOURS ? " yours" : " theirs");
			return { ...counts, [name]: (counts[name] ?? 0) + 1 };
		}, {}))`, strings.Join(calls, ", "), language))
}

// kindOf is how the page takes a message.
func kindOf(text string, client int) string {
	switch {
	case strings.HasPrefix(text, "You wrote: "):
		return "personal"
	case strings.HasPrefix(text, fmt.Sprintf("Client #%d says: ", client)):
		return "own"
	case strings.HasSuffix(text, " has left the chat"):
		return "left"
	}
	return "other"
}
