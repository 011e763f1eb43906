package main

import (
	"bytes"
	"fmt"
	"html/template"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

const (
	lessonSource = "docs/fastapi-to-go.md"
	// both servers serve it, and the code panel leads to its sections
	lessonPage = "static/lesson.html"
)

// lessonFrame is around the text. The links to the chat lead to the tab that calls itself so.
var lessonFrame = template.Must(template.New("lesson").Parse(`<!doctype html>
<!-- Made from {{.Source}} by go run -C learn ./lesson -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>From FastAPI to Go</title>
<link rel="icon" type="image/svg+xml" href="/static/favicon.svg">
<script src="/static/theme.js"></script>
<link rel="stylesheet" href="/static/bootstrap.min.css">
<link rel="stylesheet" href="/static/code.css">
<link rel="stylesheet" href="/static/lesson.css">
<script type="module" src="/static/lesson.js"></script>
</head>
<body>
<header>
<a class="btn btn-sm border" href="/" target="chat">Back to the chat</a>
<p id="place"></p>
<details id="contents"><summary>Contents</summary>
<nav aria-label="Contents"><ol>
{{range .Parts}}<li><a href="#{{.ID}}">{{.Title}}</a>{{if .Sections}}<ol>
{{range .Sections}}<li><a href="#{{.ID}}">{{.Title}}</a></li>
{{end}}</ol>{{end}}</li>
{{end}}</ol></nav>
</details>
</header>
<main>
{{.Body}}</main>
</body>
</html>
`))

// updatePage writes the lesson as a page, or compares it.
func updatePage(root string, check bool) error {
	source, err := os.ReadFile(filepath.Join(root, lessonSource))
	if err != nil {
		return err
	}
	fresh, err := asPage(source)
	if err != nil {
		return err
	}
	path := filepath.Join(root, lessonPage)
	if !check {
		return os.WriteFile(path, fresh, 0o644)
	}
	if old, err := os.ReadFile(path); err != nil || !bytes.Equal(old, fresh) {
		return fmt.Errorf("%s is out of date; go run -C learn ./lesson -runs=false mends it",
			lessonPage)
	}
	return nil
}

func asPage(source []byte) ([]byte, error) {
	listings := &listings{source: source}
	markdown := goldmark.New(
		goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.NewTable(
			// Styles of their own are what the server's policy forbids.
			extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(html.WithUnsafe(), // the source is ours
			renderer.WithNodeRenderers(util.Prioritized(listings, 0))),
	)
	document := markdown.Parser().Parse(text.NewReader(source))
	if err := unlink(document); err != nil {
		return nil, err
	}
	listings.pairUp(document)
	parts := outline(document, source)
	var body, page bytes.Buffer
	if err := markdown.Renderer().Render(&body, source, document); err != nil {
		return nil, err
	}
	err := lessonFrame.Execute(&page, map[string]any{
		"Source": lessonSource, "Parts": parts,
		"Body": template.HTML(comments.ReplaceAll(body.Bytes(), nil)),
	})
	return page.Bytes(), err
}

// comments say where the code comes from.
var comments = regexp.MustCompile(`(?s)<!--.*?-->\n?`)

// unlink takes away the repository's pictures, which the servers do not serve, and the links to its
// files: the words stay, and name the file.
func unlink(document ast.Node) error {
	var foreign []ast.Node
	err := ast.Walk(document, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		switch node := node.(type) {
		case *ast.Link:
			if entering && isForeign(node.Destination) {
				foreign = append(foreign, node)
			}
		case *ast.Image:
			if entering && isForeign(node.Destination) {
				foreign = append(foreign, node)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, node := range foreign {
		parent := node.Parent()
		if link, isLink := node.(*ast.Link); isLink {
			_, isCode := link.LastChild().(*ast.CodeSpan) // its words are the file's name
			for child := node.FirstChild(); child != nil; child = node.FirstChild() {
				parent.InsertBefore(parent, node, child)
			}
			if file := fileOf(string(link.Destination)); !isCode {
				parent.InsertBefore(parent, node, ast.NewString([]byte(" ["+file+"]")))
			}
		}
		parent.RemoveChild(parent, node)
		if parent.ChildCount() == 0 { // a paragraph that was a picture
			parent.Parent().RemoveChild(parent.Parent(), parent)
		}
	}
	return err
}

func isForeign(destination []byte) bool {
	return !bytes.HasPrefix(destination, []byte("#")) && !bytes.Contains(destination, []byte("://"))
}

// fileOf is the file that a link of docs/ leads to, as the root's reader calls it.
func fileOf(destination string) string {
	file, _, _ := strings.Cut(destination, "#")
	return path.Join("docs", file)
}

// entry is a heading in the contents.
type entry struct {
	ID, Title string
	Sections  []entry
}

const wordsPerMinute = 160 // of a text with code in it

// outline returns the parts with their sections, and says below each part's heading which it is and
// how long it takes.
func outline(document ast.Node, source []byte) (parts []entry) {
	var headings []*ast.Heading
	var words []int
	for node := document.FirstChild(); node != nil; node = node.NextSibling() {
		heading, isHeading := node.(*ast.Heading)
		switch {
		case isHeading && heading.Level == 2:
			headings = append(headings, heading)
			words = append(words, 0)
			parts = append(parts, entryOf(heading, source))
		case isHeading && heading.Level == 3 && len(parts) > 0:
			last := &parts[len(parts)-1]
			last.Sections = append(last.Sections, entryOf(heading, source))
		case len(words) > 0 && node.Type() == ast.TypeBlock:
			words[len(words)-1] += len(strings.Fields(textOf(node, source)))
		}
	}
	for n, heading := range headings {
		minutes := max(1, (words[n]+wordsPerMinute/2)/wordsPerMinute)
		label := ast.NewString(fmt.Appendf(nil, "<p class=\"part\">Part %d of %d · %d min</p>\n",
			n+1, len(headings), minutes))
		label.SetCode(true) // as it is
		document.InsertAfter(document, heading, label)
	}
	return parts
}

func entryOf(heading *ast.Heading, source []byte) entry {
	id, _ := heading.AttributeString("id")
	return entry{ID: string(id.([]byte)), Title: textOf(heading, source)}
}

// textOf is what a block says, without its marks.
func textOf(node ast.Node, source []byte) string {
	var words strings.Builder
	ast.Walk(node, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		switch node := node.(type) {
		case *ast.Text:
			if entering {
				words.Write(node.Value(source))
				if node.SoftLineBreak() {
					words.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				words.Write(node.Value)
			}
		case *ast.FencedCodeBlock:
			if entering {
				words.Write(node.Lines().Value(source))
			}
		}
		return ast.WalkContinue, nil
	})
	return words.String()
}
