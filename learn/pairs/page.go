package main

func updatePage(all []*pair, check bool) error { return nil }
