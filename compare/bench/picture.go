//go:build linux

package main

import (
	"bytes"
	"fmt"
	"image/color"
	"os"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"example.com/chat/compare/servers"
)

// Size of the picture, and of what the legend takes of it.
const (
	pictureWidth  = 19 * vg.Centimeter
	pictureHeight = 8.5 * vg.Centimeter
	legendWidth   = 4.2 * vg.Centimeter
)

// The plotter draws in these colours; style turns them into ones that suit a
// light and a dark page.
var (
	ink  = color.RGBA{R: 1, G: 1, B: 1, A: 255}
	grid = color.RGBA{R: 2, G: 2, B: 2, A: 255}
)

const style = `<style>
svg { --ink: #1f2328; --grid: #d1d9e0; }
@media (prefers-color-scheme: dark) { svg { --ink: #f0f6fc; --grid: #3d444d; } }
</style>
`

// marks tell the servers apart, by shape and by a colour that shows on light
// and on dark.
var marks = map[string]draw.GlyphStyle{
	servers.FastAPI: {Color: rgb(0x00, 0x96, 0x88), Shape: draw.BoxGlyph{}},
	servers.Fixed:   {Color: rgb(0x00, 0x96, 0x88), Shape: draw.RingGlyph{}},
	servers.XNet:    {Color: rgb(0x8b, 0x94, 0x9e), Shape: draw.CircleGlyph{}},
	servers.Hub:     {Color: rgb(0x8b, 0x94, 0x9e), Shape: draw.RingGlyph{}},
	servers.Gorilla: {Color: rgb(0xd2, 0x99, 0x22), Shape: draw.PyramidGlyph{}},
	servers.Coder:   {Color: rgb(0xa3, 0x71, 0xf7), Shape: draw.CrossGlyph{}},
	servers.GWS:     {Color: rgb(0x38, 0x8b, 0xfd), Shape: draw.BoxGlyph{}},
	servers.Go:      {Color: rgb(0xda, 0x36, 0x33), Shape: draw.CircleGlyph{}},
}

func rgb(r, g, b uint8) color.Color { return color.RGBA{r, g, b, 255} }

// draw makes the picture: a row for each scenario, a mark for each server.
func (b *bench) draw(file string) error {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text = "Deliveries per second, each one checked (further right is better)"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.TickerFunc(decades)
	p.X.Min, p.X.Max = 100e3, 10e6
	p.BackgroundColor = nil // the page's
	lines := plotter.NewGrid()
	lines.Vertical.Color, lines.Horizontal.Color = grid, grid
	p.Add(lines)
	rows := slices.Clone(throughput)
	slices.Reverse(rows) // the plotter counts from below
	legend := plot.NewLegend()
	for _, server := range b.options.servers {
		if server == servers.Raw {
			continue
		}
		points, err := b.points(server, rows)
		if err != nil {
			return err
		}
		if points == nil {
			continue
		}
		for _, at := range points.XYs {
			p.X.Min, p.X.Max = min(p.X.Min, at.X), max(p.X.Max, at.X)
		}
		p.Add(points)
		legend.Add(short[server], points)
	}
	p.X.Min, p.X.Max = p.X.Min/1.3, p.X.Max*1.3
	var names []string
	for _, row := range rows {
		names = append(names, plain(row))
	}
	p.NominalY(names...)
	p.Y.Min, p.Y.Max = -0.5, float64(len(rows))-0.5
	return save(p, legend, file)
}

// plain says a scenario for those who have not read what N, K and w are.
func plain(name string) string {
	n := numbers(talkName, name)
	words := fmt.Sprintf("%d of %d talk, %d at a time", n[1], n[0], n[2])
	if n[3] > 0 {
		words += ", 1 KiB"
	}
	return words
}

// points are a server's marks.
func (b *bench) points(server string, rows []string) (*plotter.Scatter, error) {
	var at plotter.XYs
	for y, name := range rows {
		// the scale is logarithmic
		if values := b.of(server, column{name, "rate", "", 1}); len(values) > 0 &&
			median(values) > 0 {
			at = append(at, plotter.XY{X: median(values), Y: float64(y)})
		}
	}
	if len(at) == 0 {
		return nil, nil
	}
	points, err := plotter.NewScatter(at)
	if err != nil {
		return nil, err
	}
	points.GlyphStyle = marks[server]
	points.Radius = vg.Points(4)
	if server == servers.Go {
		points.Radius = vg.Points(6)
	}
	return points, nil
}

// decades marks 1, 2 and 5 of each power of ten.
func decades(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for decade := 1e3; decade <= high; decade *= 10 {
		for _, n := range []float64{1, 2, 5} {
			if v := n * decade; v >= low && v <= high {
				label := fmt.Sprintf("%g k", v/1e3)
				if v >= 1e6 {
					label = fmt.Sprintf("%g M", v/1e6)
				}
				ticks = append(ticks, plot.Tick{Value: v, Label: label})
			}
		}
	}
	return ticks
}

// save writes the plot and its legend, and makes the colours follow the page.
func save(p *plot.Plot, legend plot.Legend, file string) error {
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Label.TextStyle.Color = ink, ink
		axis.Tick.Color, axis.Tick.Label.Color = ink, ink
	}
	p.Title.TextStyle.Color, legend.TextStyle.Color = ink, ink
	legend.Top, legend.Left, legend.YOffs = true, true, -vg.Centimeter
	legend.Padding = vg.Millimeter

	image := vgsvg.NewWith(vgsvg.UseWH(pictureWidth, pictureHeight))
	canvas := draw.New(image)
	p.Draw(draw.Crop(canvas, 0, -legendWidth, 0, 0))
	legend.Draw(draw.Crop(canvas, pictureWidth-legendWidth+vg.Millimeter, 0, 0, 0))
	var svg bytes.Buffer
	if _, err := image.WriteTo(&svg); err != nil {
		return err
	}
	text := strings.NewReplacer("#010101", "var(--ink)", "#020202", "var(--grid)",
		"Liberation Sans", "Liberation Sans,Arial,Helvetica,sans-serif").Replace(svg.String())
	text = strings.Replace(text, "<g ", style+"<g ", 1)
	return os.WriteFile(file, []byte(text), 0o644)
}
