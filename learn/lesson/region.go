package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// where is PATH, PATH DECLARATION, and either with: , from "WORDS" to "WORDS".
var where = regexp.MustCompile(`^(\S+?)(?: ([^\s,]+))?(?:, from "(.+)" to "(.+)")?$`)

// region returns the piece of a file that an argument of "code" names.
func region(root, argument string) (string, error) {
	parts := where.FindStringSubmatch(argument)
	if parts == nil {
		return "", fmt.Errorf("%q is no place in a file", argument)
	}
	source, err := os.ReadFile(filepath.Join(root, parts[1]))
	if err != nil {
		return "", err
	}
	text := string(source)
	if name := parts[2]; name != "" {
		switch filepath.Ext(parts[1]) {
		case ".go":
			text, err = goDeclaration(text, name)
		case ".py":
			text, err = pythonDeclaration(text, name)
		default:
			err = fmt.Errorf("%s has no declarations that are known here", parts[1])
		}
	}
	if err == nil && parts[3] != "" {
		var first, last string
		if first, err = strconv.Unquote(`"` + parts[3] + `"`); err != nil {
			return "", err
		}
		if last, err = strconv.Unquote(`"` + parts[4] + `"`); err != nil {
			return "", err
		}
		text, err = between(text, first, last)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", argument, err)
	}
	return dedent(strings.TrimRight(text, "\n")), nil
}

// goDeclaration returns a declaration with its comment: Name, or (*Type).Method.
func goDeclaration(source, name string) (string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", source, parser.ParseComments)
	if err != nil {
		return "", err
	}
	for _, declaration := range file.Decls {
		if from, to := find(declaration, name); from.IsValid() {
			begin, end := files.Position(from).Offset, files.Position(to).Offset
			begin = strings.LastIndexByte(source[:begin], '\n') + 1
			if rest := strings.IndexByte(source[end:], '\n'); rest >= 0 {
				end += rest // a comment at the line's end belongs to it
			}
			return source[begin:end], nil
		}
	}
	return "", fmt.Errorf("no declaration of %s", name)
}

// find returns where a declaration, or the one of its group, with that name begins and ends.
func find(declaration ast.Decl, name string) (from, to token.Pos) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		if methodName(d) == name {
			return begin(d, d.Doc), d.End()
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			doc, names := described(spec)
			for _, n := range names {
				switch {
				case n.Name != name:
				case d.Lparen.IsValid():
					return begin(spec, doc), spec.End()
				default:
					return begin(d, d.Doc), d.End()
				}
			}
		}
	}
	return token.NoPos, token.NoPos
}

func begin(node ast.Node, doc *ast.CommentGroup) token.Pos {
	if doc != nil {
		return doc.Pos()
	}
	return node.Pos()
}

func described(spec ast.Spec) (*ast.CommentGroup, []*ast.Ident) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		return s.Doc, []*ast.Ident{s.Name}
	case *ast.ValueSpec:
		return s.Doc, s.Names
	}
	return nil, nil
}

func methodName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	receiver := d.Recv.List[0].Type
	if pointer, ok := receiver.(*ast.StarExpr); ok {
		return fmt.Sprintf("(*%s).%s", pointer.X, d.Name.Name)
	}
	return fmt.Sprintf("%s.%s", receiver, d.Name.Name)
}

var pythonHead = regexp.MustCompile(`^(\s*)(?:async )?(?:def|class) (\w+)`)

// pythonDeclaration returns a class or function with its decorators: name, or Class.method.
func pythonDeclaration(source, name string) (string, error) {
	outer, inner, nested := strings.Cut(name, ".")
	lines := strings.Split(source, "\n")
	for i, line := range lines {
		head := pythonHead.FindStringSubmatch(line)
		if head == nil || head[2] != outer {
			continue
		}
		begin, end := i, i+1
		for begin > 0 && strings.HasPrefix(lines[begin-1], head[1]+"@") {
			begin--
		}
		for end < len(lines) && (lines[end] == "" || strings.HasPrefix(lines[end], head[1]+" ")) {
			end++
		}
		text := strings.TrimRight(strings.Join(lines[begin:end], "\n"), "\n")
		if nested {
			return pythonDeclaration(text, inner)
		}
		return text, nil
	}
	return "", fmt.Errorf("no declaration of %s", name)
}

// between returns the lines from the one with the words first to the one with the words last, which
// follow it.
func between(text, first, last string) (string, error) {
	if strings.Count(text, first) != 1 {
		return "", fmt.Errorf("%q is there %d times, not once", first, strings.Count(text, first))
	}
	begin := strings.Index(text, first)
	end := strings.Index(text[begin:], last)
	if end < 0 {
		return "", fmt.Errorf("no %q after %q", last, first)
	}
	end += begin + len(last)
	if rest := strings.IndexByte(text[end:], '\n'); last[len(last)-1] == '\n' {
		end-- // the words end where the line does
	} else if rest >= 0 {
		end += rest
	} else {
		end = len(text)
	}
	return text[strings.LastIndexByte(text[:begin], '\n')+1 : end], nil
}

// dedent takes away the white space that all lines begin with.
func dedent(text string) string {
	lines := strings.Split(text, "\n")
	common := ""
	for i, line := range lines {
		white := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		switch {
		case i == 0:
			common = white
		case line != "":
			for !strings.HasPrefix(white, common) {
				common = common[:len(common)-1]
			}
		}
	}
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], common)
	}
	return strings.Join(lines, "\n")
}
