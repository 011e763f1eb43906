package servers_test

import (
	"net/http"
	"testing"

	"example.com/chat/compare/servers"
)

func TestMain(m *testing.M) {
	defer servers.Cleanup()
	m.Run()
}

func TestEveryServerStartsSaysWhereAndStops(t *testing.T) {
	for _, name := range servers.All {
		t.Run(name, func(t *testing.T) {
			if servers.IsPython(name) {
				servers.NeedFastAPI(t)
			}
			s, err := servers.Start(name)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Kill)
			answer, err := http.Get("http://" + s.Addr + "/nothing-is-here")
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusNotFound {
				t.Errorf("status %d for a path that is not there", answer.StatusCode)
			}
			s.Stop()
			ending := "exit status 0"
			if servers.IsPython(name) {
				ending = "ended by the signal" // uvicorn raises it again when all is done
			}
			if got := s.Ending(); got != ending {
				t.Errorf("%s, want %s\n%s", got, ending, s.Output())
			}
		})
	}
}
