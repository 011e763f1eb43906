// Package datarace shortens what Go's race detector reports.
package datarace

import (
	"fmt"
	"regexp"
	"strings"
)

// Mark is the first line of each report.
const Mark = "WARNING: DATA RACE"

var (
	goroutine = regexp.MustCompile(`((?:Previous )?[A-Za-z]+) at 0x[0-9a-f]+ by goroutine \d+:`)
	frame     = regexp.MustCompile(`^\s+example\.com/chat\.(\S+\(\))$`)
)

// Short keeps of the first report in output who did what in package chat, without addresses and
// without prefix before the names of files. It keeps all of anything else.
func Short(output, prefix string) string {
	_, report, found := strings.Cut(output, Mark+"\n")
	if !found {
		return output
	}
	out := Mark + "\n"
	lines := strings.Split(report, "\n")
	who, frames := 0, 0
	for i, line := range lines {
		if strings.HasPrefix(line, "Goroutine ") { // who started them does not matter here
			break
		}
		if act := goroutine.FindStringSubmatch(line); act != nil {
			who++
			out += fmt.Sprintf("%s by goroutine %d:\n", act[1], who)
		} else if call := frame.FindStringSubmatch(line); call != nil {
			frames++
			file, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " ")
			out += fmt.Sprintf("    %s  %s\n", call[1], strings.TrimPrefix(file, prefix))
		}
	}
	if frames == 0 {
		return output
	}
	return out
}
