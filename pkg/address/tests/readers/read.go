// Reads a JSON list of URLs from standard input, and writes how Go's clients read each of them:
// scheme, host, port and path, or null.
package main

import (
	"encoding/json"
	"net/url"
	"os"
	"strconv"
	"strings"
)

func read(text string) []string {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	port, known := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	if !known {
		return nil
	}
	if u.Port() != "" {
		port = u.Port()
	}
	// As net.Dial looks it up; nobody listens at 0.
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return nil
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return []string{u.Scheme, strings.ToLower(u.Hostname()), strconv.FormatUint(number, 10), path}
}

func main() {
	var urls []string
	if err := json.NewDecoder(os.Stdin).Decode(&urls); err != nil {
		panic(err)
	}
	readings := [][]string{}
	for _, text := range urls {
		readings = append(readings, read(text))
	}
	if err := json.NewEncoder(os.Stdout).Encode(readings); err != nil {
		panic(err)
	}
}
