// Package e2e drives the chat's page in a real Chromium or Firefox against the real server, and
// holds what the page promises.
//
//	go test -count=1 ./...                            # starts ../main.go as the tests need it
//	go test -count=1 ./... -fastapi                   # with ../fastapi: see docs/run.md
//	go test -count=1 ./... -browser firefox           # but for what needs Chromium alone
//	go test -run Screenshots -screenshots ../docs/img # makes the README's pictures
//
// -count=1 because Go's test cache does not see that the page or the server has changed. Without a
// browser (chromium, google-chrome or $CHROMIUM; firefox-esr, firefox or $FIREFOX) nothing is
// tested, and one line says so; with REQUIRE_BROWSER=1 that is a failure.
//
// On Windows the server is killed where others interrupt it, and what freezes it is left out.
//
// testdata/axe.min.js is axe-core as npm ships it (npm pack axe-core); its licence is beside it.
package e2e
