package main

import (
	"fmt"
	"html"
	"regexp"
	"strings"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// listings shows the blocks of code: Python and Go with their file's name and their colours, a
// command unlike what it prints.
type listings struct{ source []byte }

// tried are the trials of the chat's page (static/trials.js), by the stories that tell of them.
var tried = map[string]string{
	"one-stops-reading": "stop-reading", "one-says-a-last-word": "last-words",
	"one-sends-binary": "binary", "one-sends-a-long-message": "long-message", "ctrlc": "close",
}

// ran are the steps of the chat's code panel (static/pairs.json), by the sections that show them.
var ran = map[string]string{"the-manager": "connect", "broadcast": "everyone",
	"the-endpoint": "receive"}

// RegisterFuncs implements renderer.NodeRenderer.
func (l *listings) RegisterFuncs(register renderer.NodeRendererFuncRegisterer) {
	register.Register(ast.KindFencedCodeBlock, l.block)
	register.Register(kindPair,
		func(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
			if entering {
				w.WriteString("<div class=\"pair\">\n")
			} else {
				w.WriteString("</div>\n")
			}
			return ast.WalkContinue, nil
		})
}

// pair is a Python listing and the Go one beside it.
type pair struct{ ast.BaseBlock }

var kindPair = ast.NewNodeKind("Pair")

func (*pair) Kind() ast.NodeKind          { return kindPair }
func (p *pair) Dump(source []byte, l int) { ast.DumpHelper(p, source, l, nil, nil) }

// pairUp puts a Python listing and the Go listing that follows it at once into a pair.
func (l *listings) pairUp(document ast.Node) {
	for node := document.FirstChild(); node != nil; node = node.NextSibling() {
		comment, golang := follower(node), ast.Node(nil)
		if comment != nil {
			golang = comment.NextSibling()
		}
		if l.language(node) != "python" || l.language(golang) != "go" {
			continue
		}
		both := &pair{}
		document.InsertBefore(document, node, both)
		for _, part := range []ast.Node{node, comment, golang} {
			both.AppendChild(both, part)
		}
		node = both
	}
}

// follower is the comment right after the node, if there is one.
func follower(node ast.Node) ast.Node {
	if next := node.NextSibling(); next != nil && next.Kind() == ast.KindHTMLBlock {
		return next
	}
	return nil
}

func (l *listings) language(node ast.Node) string {
	if block, ok := node.(*ast.FencedCodeBlock); ok {
		return string(block.Language(l.source))
	}
	return ""
}

func (l *listings) block(w util.BufWriter, source []byte, node ast.Node,
	entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkSkipChildren, nil
	}
	code := string(node.Lines().Value(source))
	switch language := l.language(node); language {
	case "python", "go":
		coloured, err := colour(language, code)
		if err != nil {
			return ast.WalkStop, err
		}
		fmt.Fprintf(w, "<figure class=\"listing %s\">\n<figcaption>%s%s</figcaption>\n<pre "+
			"class=\"code\" tabindex=\"0\">%s</pre>\n</figure>\n",
			language, html.EscapeString(l.file(node)), l.see(node), coloured)
	case "sh":
		command := strings.TrimSuffix(code, "\n")
		fmt.Fprintf(w, "<div class=\"command\"><pre><code>%s</code></pre>%s%s</div>\n",
			html.EscapeString(command), duration(l.output(node)), try(command, l.heading(node)))
	default:
		fmt.Fprintf(w, "<pre class=\"output\" tabindex=\"0\">%s</pre>\n", html.EscapeString(code))
	}
	return ast.WalkSkipChildren, nil
}

var codeComment = regexp.MustCompile(`<!-- code: ([^ ,]+)`)

// file is the one that the comment before a listing names.
func (l *listings) file(node ast.Node) string {
	before, ok := node.PreviousSibling().(*ast.HTMLBlock)
	if !ok {
		if node.PreviousSibling() == nil && node.Parent().Kind() == kindPair {
			before, ok = node.Parent().PreviousSibling().(*ast.HTMLBlock)
		}
	}
	if ok {
		if found := codeComment.FindSubmatch(before.Lines().Value(l.source)); found != nil {
			return string(found[1])
		}
	}
	return l.language(node)
}

// heading is the id of the one above.
func (l *listings) heading(node ast.Node) string {
	if node.Parent().Kind() == kindPair {
		node = node.Parent()
	}
	for ; node != nil; node = node.PreviousSibling() {
		if heading, ok := node.(*ast.Heading); ok {
			id, _ := heading.AttributeString("id")
			return string(id.([]byte))
		}
	}
	return ""
}

// output is what the command in the node prints.
func (l *listings) output(node ast.Node) string {
	if next := node.NextSibling(); l.language(next) == "text" {
		return string(next.Lines().Value(l.source))
	}
	return ""
}

var takes = regexp.MustCompile(`(?i)\((?:The first time, )?this (takes [^.)]+)`)

// duration says how long a command takes, as its output does.
func duration(output string) string {
	found := takes.FindStringSubmatch(output)
	if found == nil {
		return ""
	}
	return "<small>" + html.EscapeString(found[1]) + "</small>"
}

// try leads from a story that is run to the same trial in the chat.
func try(command, section string) string {
	trial := tried[section]
	if trial == "" || !strings.Contains(command, " ./see ") {
		return ""
	}
	return `<a href="/#try=` + trial + `" target="chat">Try it in the chat</a>`
}

// see leads to the code panel, which shows the lines of both programs' pairs.
func (l *listings) see(node ast.Node) string {
	step := ran[l.heading(node)]
	if step == "" || node.Parent().Kind() != kindPair {
		return ""
	}
	return ` <a href="/#code=` + step + `" target="chat">See it run</a>`
}

// colour marks keywords, strings and comments, and where a line may break.
func colour(language, code string) (string, error) {
	tokens, err := chroma.Coalesce(lexers.Get(language)).Tokenise(nil, code)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for token := range tokens.Stdlib() {
		text := html.EscapeString(token.Value)
		switch {
		case token.Type.InCategory(chroma.Comment):
			fmt.Fprintf(&out, `<span class="c">%s</span>`, text)
		case token.Type.InSubCategory(chroma.LiteralString):
			fmt.Fprintf(&out, `<span class="s">%s</span>`, text)
		case token.Type.InCategory(chroma.Keyword) &&
			token.Type != chroma.KeywordType, token.Type == chroma.OperatorWord:
			fmt.Fprintf(&out, `<span class="k">%s</span>`, text)
		default:
			out.WriteString(breakable.ReplaceAllString(text, "$1<wbr>"))
		}
	}
	return out.String(), nil
}

// breakable is after what code may break.
var breakable = regexp.MustCompile(`([(.,])`)
