package main

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

//go:embed hooks/hooks.go
var hooks string

// instrument puts calls of the hooks into the functions of a Go file, each on the line of what it
// tells of, so that every line keeps its number. It returns the lines at which a handler can be
// blocked, and the hooks' file for the same package.
func instrument(source string) (instrumented, hooksFile string, lines []int, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", source, parser.ParseComments)
	if err != nil {
		return "", "", nil, err
	}
	in := &instrumenter{files: files, source: source}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			in.function(f.Name.Name, f.Recv, f.Type, f.Body)
		}
	}
	slices.SortStableFunc(in.insertions, func(a, b insertion) int { return a.at - b.at })
	var b strings.Builder
	end := 0
	for _, i := range in.insertions {
		b.WriteString(source[end:i.at] + i.text)
		end = i.at
	}
	b.WriteString(source[end:])
	slices.Sort(in.lines)
	hooksFile = strings.Replace(hooks, "\npackage hooks\n", "\npackage "+file.Name.Name+"\n", 1)
	return b.String(), hooksFile, slices.Compact(in.lines), nil
}

type insertion struct {
	at   int
	text string
}

type instrumenter struct {
	files      *token.FileSet
	source     string
	insertions []insertion
	lines      []int
}

func (in *instrumenter) insert(at token.Pos, format string, args ...any) {
	in.insertions = append(in.insertions, insertion{in.offset(at), fmt.Sprintf(format, args...)})
}

func (in *instrumenter) offset(p token.Pos) int { return in.files.Position(p).Offset }
func (in *instrumenter) line(n ast.Node) int    { return in.files.Position(n.Pos()).Line }
func (in *instrumenter) text(n ast.Node) string {
	return in.source[in.offset(n.Pos()):in.offset(n.End())]
}

// function tells of a function's beginning, with its receiver and parameters, and of its end.
func (in *instrumenter) function(
	name string, recv *ast.FieldList, t *ast.FuncType, body *ast.BlockStmt,
) {
	fields := t.Params.List
	if recv != nil {
		fields = slices.Concat(recv.List, fields)
	}
	var names []string
	for _, field := range fields {
		for _, n := range field.Names {
			names = append(names, n.Name)
		}
	}
	line := in.files.Position(t.Pos()).Line
	in.insert(body.Lbrace+1, " defer WatchEnter(%d, %q%s)();", line, name, vars(names...))
	in.block(body.List)
}

// vars are the further arguments of a hook: each variable's name and value.
func vars(names ...string) string {
	var b strings.Builder
	for _, n := range names {
		if n != "_" {
			fmt.Fprintf(&b, ", %q, %s", n, n)
		}
	}
	return b.String()
}

func (in *instrumenter) block(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.CaseClause:
			in.block(s.Body)
		case *ast.CommClause:
			in.block(s.Body)
		default:
			in.statement(s)
		}
	}
}

func (in *instrumenter) statement(s ast.Stmt) {
	line := in.line(s)
	in.lines = append(in.lines, line)
	if mutex, method := in.mutex(s); method == "Lock" || method == "RLock" {
		in.insert(s.Pos(), "WatchMutex(%d, %q, %q); ", line, "lock", mutex)
		in.insert(s.End(), "; WatchMutex(%d, %q, %q)", line, "locked", mutex)
		return
	}
	// A for without a condition runs at each of its turns only.
	if loop, ok := s.(*ast.ForStmt); !ok || loop.Cond != nil {
		in.insert(s.Pos(), "WatchLine(%d); ", line)
	}
	switch s := s.(type) {
	case *ast.AssignStmt:
		in.insert(s.End(), "; WatchSet(%d%s)", line, vars(in.assigned(s)...))
	case *ast.DeferStmt:
		if mutex, method := in.mutex(s); method != "" {
			call := s.Call.Fun
			in.insert(call.Pos(), "WatchDeferred(%d, %q, ", line, mutex)
			in.insert(call.End(), ")") // its own parentheses follow
		}
	case *ast.ExprStmt:
		if mutex, method := in.mutex(s); method != "" {
			in.insert(s.Pos(), "WatchMutex(%d, %q, %q); ", line, "unlocked", mutex)
		}
		if list := in.deletedFrom(s); list != "" {
			in.insert(s.End(), "; WatchSet(%d%s)", line, vars(list))
		}
	case *ast.IfStmt:
		in.ifs(s)
		return
	case *ast.RangeStmt:
		var names []string
		for _, e := range []ast.Expr{s.Key, s.Value} {
			if id, ok := e.(*ast.Ident); ok {
				names = append(names, id.Name)
			}
		}
		in.insert(s.Body.Lbrace+1, " WatchLine(%d%s);", line, vars(names...))
		in.block(s.Body.List)
		return
	case *ast.ForStmt:
		in.insert(s.Body.Lbrace+1, " WatchLine(%d);", line)
		in.block(s.Body.List)
		return
	}
	in.within(s)
}

// within instruments the blocks and functions that a statement of another kind has.
func (in *instrumenter) within(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			in.function("func", nil, n.Type, n.Body)
			return false
		case *ast.BlockStmt:
			in.block(n.List)
			return false
		}
		return true
	})
}

func (in *instrumenter) ifs(s *ast.IfStmt) {
	var own []string
	if assign, ok := s.Init.(*ast.AssignStmt); ok {
		own = in.assigned(assign)
	}
	in.insert(s.Cond.Pos(), "WatchIf(%d, ", in.line(s))
	in.insert(s.Cond.End(), "%s)", vars(own...))
	in.block(s.Body.List)
	switch s := s.Else.(type) {
	case *ast.IfStmt:
		in.ifs(s)
	case *ast.BlockStmt:
		in.block(s.List)
	}
}

// assigned are the variables and fields that an assignment sets; of h.clients[c] = x, h.clients.
func (in *instrumenter) assigned(s *ast.AssignStmt) []string {
	var names []string
	for _, e := range s.Lhs {
		if index, ok := e.(*ast.IndexExpr); ok {
			e = index.X
		}
		names = append(names, in.text(e))
	}
	return names
}

// deletedFrom is m of delete(m, key).
func (in *instrumenter) deletedFrom(s *ast.ExprStmt) string {
	if call, ok := s.X.(*ast.CallExpr); ok && len(call.Args) == 2 && in.text(call.Fun) == "delete" {
		return in.text(call.Args[0])
	}
	return ""
}

// mutex is m.mu and Unlock of m.mu.Unlock(), deferred or not.
func (in *instrumenter) mutex(s ast.Stmt) (name, method string) {
	var call *ast.CallExpr
	switch s := s.(type) {
	case *ast.ExprStmt:
		call, _ = s.X.(*ast.CallExpr)
	case *ast.DeferStmt:
		call = s.Call
	}
	if call == nil || len(call.Args) != 0 {
		return "", ""
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"Lock", "RLock", "Unlock", "RUnlock"}, f.Sel.Name) {
		return "", ""
	}
	return in.text(f.X), f.Sel.Name
}
