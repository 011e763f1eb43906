package main

import "os"

func main() {
	name := "ann"
}
