// Package service is what both services share: JSON in and out, and a server that stops cleanly.
package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"
	"unicode/utf8"
)

const (
	bodyBytes  = 64 * 1024
	headerTime = 10 * time.Second
	idleTime   = 75 * time.Second
	drainTime  = 5 * time.Second
)

// Problem is an error that has an answer (RFC 9457).
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func (p *Problem) Error() string { return p.Detail }

// Refuse makes a Problem from a status and a sentence.
func Refuse(status int, format string, arguments ...any) *Problem {
	return &Problem{http.StatusText(status), status, fmt.Sprintf(format, arguments...)}
}

// Handle makes an error that a handler returns the answer.
func Handle(handler func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := handler(w, r)
		if err == nil {
			return
		}
		var problem *Problem
		if !errors.As(err, &problem) {
			log.Printf("%s %s: %v", r.Method, r.URL.Path, err)
			problem = Refuse(http.StatusInternalServerError, "the service's log says how")
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(problem.Status)
		_ = json.NewEncoder(w).Encode(problem)
	}
}

// Answer writes a value as JSON.
func Answer(w http.ResponseWriter, status int, value any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(value)
}

// Read takes a value from the body of a request.
func Read(w http.ResponseWriter, r *http.Request, value any) error {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyBytes)).Decode(value)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return Refuse(http.StatusRequestEntityTooLarge, "the body is over %d bytes", bodyBytes)
	}
	if err != nil {
		return Refuse(http.StatusBadRequest, "the body is not the JSON asked for: %v", err)
	}
	return nil
}

// CheckText refuses what is no name: it has 1 to 255 code points.
func CheckText(field, text string) error {
	if count := utf8.RuneCountInString(text); count < 1 || count > 255 {
		return Refuse(http.StatusUnprocessableEntity, "%s has 1 to 255 characters", field)
	}
	return nil
}

// Run serves until SIGINT or SIGTERM, then finishes what it has begun.
func Run(address string, handler http.Handler) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	server := &http.Server{
		Addr:              address,
		Handler:           handler,
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	return server.Shutdown(ctx)
}
