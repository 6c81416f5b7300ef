// An oracle for each server and for the clients: it reads questions, one line of JSON each, and
// answers each with a line that says what the real code makes of the files. Which checks there are
// depends on the build tag, which is the server's name.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

type question struct {
	ID       string            `json:"id"`
	Check    string            `json:"check"`
	Files    map[string][]byte `json:"files"`
	Password []byte            `json:"password"`
}

type answer struct {
	ID       string `json:"id"`
	Accepted bool   `json:"accepted"`
	// Error says why it isn't accepted, in the words of the real code.
	Error string `json:"error,omitempty"`
	// LogID is the SHA-256 of the public key as the real code publishes it, in hexadecimal digits.
	LogID string `json:"log_id,omitempty"`
	// Output is what the server made with it: a certificate, or a response.
	Output []byte `json:"output,omitempty"`
}

// check looks at the question's files, which are in the folder dir too. It fills in what is known
// when it accepts them.
type check func(dir string, question question, answer *answer) error

func main() {
	// Whatever the servers' loggers write to standard output goes to standard error.
	fd, err := syscall.Dup(1)
	if err == nil {
		err = syscall.Dup3(2, 1, 0)
	}
	if err == nil {
		err = serve(os.Stdin, os.NewFile(uintptr(fd), "answers"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(questions io.Reader, answers io.Writer) error {
	lines := bufio.NewReader(questions)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var question question
		if err := json.Unmarshal(line, &question); err != nil {
			return err
		}
		check, ok := checks[question.Check]
		if !ok {
			return fmt.Errorf("%s: no check %q here", question.ID, question.Check)
		}
		dir, err := write(question.Files)
		if err != nil {
			return err
		}
		answer := answer{ID: question.ID}
		if err := caught(check, dir, question, &answer); err != nil {
			answer.Error = err.Error()
		} else {
			answer.Accepted = true
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		text, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(answers, "%s\n", text); err != nil {
			return err
		}
	}
}

func write(files map[string][]byte) (string, error) {
	dir, err := os.MkdirTemp("", "oracle")
	if err != nil {
		return "", err
	}
	for name, bytes := range files {
		if err := os.WriteFile(filepath.Join(dir, name), bytes, 0o600); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// caught is check, with a panic as its error: a server ends with it.
func caught(check check, dir string, question question, answer *answer) (err error) {
	defer func() {
		if panic := recover(); panic != nil {
			err = fmt.Errorf("panic: %v", panic)
		}
	}()
	return check(dir, question, answer)
}
