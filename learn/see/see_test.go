package main

import (
	"strings"
	"testing"

	"example.com/chat/compare/servers"
)

func TestMain(m *testing.M) {
	defer servers.Cleanup()
	m.Run()
}

// docs/hub.md says so.
func TestCoderTellsWhatGorillaTellsButForTheCode(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			if s.name == "long-message" {
				t.Skip("it needs a browser")
			}
			t.Parallel()
			gorilla, err := playOn(servers.Gorilla, s)
			if err != nil {
				t.Fatal(err)
			}
			coder, err := playOn(servers.Coder, s)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Replace(gorilla, "1005", "1008", 1); coder != want {
				t.Errorf("coder: %s\nwant: %s", coder, want)
			}
		})
	}
}

// docs/hub.md says this, too.
func TestGatherKeepsOneOrder(t *testing.T) {
	servers.NeedFastAPI(t)
	for _, server := range []string{servers.Gather, servers.GatherExceptions} {
		t.Run(server, func(t *testing.T) {
			outcome, err := playOn(server, story(t, "crossing"))
			if err != nil || outcome != "all read one order" {
				t.Errorf("%s, %v", outcome, err)
			}
		})
	}
}

func story(t *testing.T, name string) scenario {
	for _, s := range scenarios {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("no story %q", name)
	return scenario{}
}
