package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

const (
	lessonSource = "docs/fastapi-to-go.md"
	lessonPage   = "static/lesson.html" // both servers serve it, and the code panel leads to its sections
)

const lessonFrame = `<!doctype html>
<!-- Made from ` + lessonSource + ` by go run -C learn ./lesson -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>From FastAPI to Go</title>
<link rel="icon" type="image/svg+xml" href="/static/favicon.svg">
<script src="/static/theme.js"></script>
<link rel="stylesheet" href="/static/bootstrap.min.css">
<link rel="stylesheet" href="/static/lesson.css">
</head>
<body>
<main class="container py-3">
<p><a href="/#code">Back to the chat</a></p>
%s</main>
</body>
</html>
`

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
		return fmt.Errorf("%s is out of date; go run -C learn ./lesson -runs=false mends it", lessonPage)
	}
	return nil
}

func asPage(source []byte) ([]byte, error) {
	markdown := goldmark.New(
		goldmark.WithExtensions(extension.GFM),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(html.WithUnsafe()), // the source is ours
	)
	document := markdown.Parser().Parse(text.NewReader(source))
	if err := unlink(document); err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if err := markdown.Renderer().Render(&body, source, document); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, lessonFrame, body.Bytes()), nil
}

// unlink leaves only the words of links to the repository's files, and of its pictures, which the servers do not serve.
func unlink(document ast.Node) error {
	var foreign []ast.Node
	err := ast.Walk(document, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		var destination string
		switch node := node.(type) {
		case *ast.Link:
			destination = string(node.Destination)
		case *ast.Image:
			destination = string(node.Destination)
		default:
			return ast.WalkContinue, nil
		}
		if entering && !strings.HasPrefix(destination, "#") && !strings.Contains(destination, "://") {
			foreign = append(foreign, node)
		}
		return ast.WalkContinue, nil
	})
	for _, node := range foreign {
		for child := node.FirstChild(); child != nil; child = node.FirstChild() {
			node.Parent().InsertBefore(node.Parent(), node, child)
		}
		node.Parent().RemoveChild(node.Parent(), node)
	}
	return err
}
