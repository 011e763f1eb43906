package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/chat/compare/servers"
)

func TestMain(m *testing.M) {
	defer servers.Cleanup()
	m.Run()
}

func TestEveryCellOfTheTableIsWhatHappens(t *testing.T) {
	if len(proofs) != len(table) {
		t.Errorf("%d proofs for %d rows", len(proofs), len(table))
	}
	for _, r := range table {
		for name, cell := range map[string]string{servers.FastAPI: r.fastAPI, servers.Go: r.goes} {
			t.Run(r.key+"/"+name, func(t *testing.T) {
				if name == servers.FastAPI {
					servers.NeedFastAPI(t)
				}
				t.Parallel()
				s, err := servers.Start(name)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(s.Kill)
				if got := proofs[r.key](t, s); got != cell {
					t.Errorf("%s\n\tgot   %s\n\ttable %s\n\t(the table is of %s; here are %s)",
						r.done, got, cell, versions, strings.Join(servers.Versions(t.Context()), ", "))
				}
			})
		}
		if r.fastAPI == r.goes {
			t.Errorf("%s: no difference", r.done)
		}
	}
}

func TestTheTableInAFileIsCheckedAndReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	put := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	begin, end := "<!-- differences -->\n", "<!-- /differences -->"
	put("before\n" + begin + "| old |\n" + end + "\nafter\n")
	if run(file, "") == nil {
		t.Error("an old table passes the check")
	}
	if err := run("", file); err != nil {
		t.Fatal(err)
	}
	if err := run(file, ""); err != nil {
		t.Error(err)
	}
	text, _ := os.ReadFile(file)
	if string(text) != "before\n"+begin+markdown()+end+"\nafter\n" {
		t.Errorf("the file is now\n%s", text)
	}
	put("no table")
	if run(file, "") == nil || run("", file) == nil {
		t.Error("a file without a place for the table passes")
	}
}
