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

// docs/hub.md says so of coder; our hub differs in what x/net does.
func TestHubsAndQueuesTellTheSameButForTheirLibraries(t *testing.T) {
	differs := map[string]*strings.Replacer{
		servers.Coder: strings.NewReplacer("1005", "1008"),
		servers.Hub: strings.NewReplacer("1005", "1000", "403 Forbidden",
			"101 Switching Protocols"),
	}
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
			for server, differs := range differs {
				outcome, err := playOn(server, s)
				if want := differs.Replace(gorilla); err != nil || outcome != want {
					t.Errorf("%s: %s, %v\nwant: %s", server, outcome, err, want)
				}
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
