package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// testClient is FastAPI's.
const testClient = "TestClient"

var (
	namedTest = regexp.MustCompile("`((?:Test|Example)[A-Z_]\\w+)`")
	testHead  = regexp.MustCompile(`(?m)^func ((?:Test|Example)\w+)\(`)
)

// checkNames looks for every test that a Markdown file of docs/ names: it must be there.
func checkNames(root string) error {
	tests := map[string]bool{}
	err := eachFile(root, "_test.go", func(_, text string) {
		for _, found := range testHead.FindAllStringSubmatch(text, -1) {
			tests[found[1]] = true
		}
	})
	pages, more := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	failed := []error{err, more}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		failed = append(failed, err)
		for _, found := range namedTest.FindAllStringSubmatch(string(text), -1) {
			if name := found[1]; !tests[name] && name != testClient {
				err := fmt.Errorf("docs/%s: there is no %s", filepath.Base(page), name)
				failed = append(failed, err)
			}
		}
	}
	return errors.Join(failed...)
}
