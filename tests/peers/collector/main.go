// Command collector is the OpenTelemetry Collector's own OTLP/HTTP receiver, which writes what it
// understood: each span as one line of JSON on stdout. It exists so that msdemo's spans are read by
// the program that everybody runs, not by a second reading of the specification by ourselves.
//
//	collector        listens on a free port of 127.0.0.1; its first line is {"endpoint":"http://…"}
//
// It ends when its standard input does.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
)

// event is what happened during a span.
type event struct {
	Name         string         `json:"name"`
	TimeUnixNano uint64         `json:"time_unix_nano"`
	Attributes   map[string]any `json:"attributes"`
}

// span is a span in the receiver's own words.
type span struct {
	Service       string         `json:"service"`
	Scope         string         `json:"scope"`
	TraceID       string         `json:"trace_id"`
	SpanID        string         `json:"span_id"`
	ParentSpanID  string         `json:"parent_span_id"`
	Name          string         `json:"name"`
	Kind          string         `json:"kind"`
	StartUnixNano uint64         `json:"start_unix_nano"`
	EndUnixNano   uint64         `json:"end_unix_nano"`
	Attributes    map[string]any `json:"attributes"`
	Events        []event        `json:"events"`
	Links         []string       `json:"links"`
	Status        string         `json:"status"`
	StatusMessage string         `json:"status_message"`
}

// lines writes one value a line, from any goroutine.
type lines struct {
	mutex   sync.Mutex
	encoder *json.Encoder
}

func (l *lines) write(value any) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.encoder.Encode(value)
}

func read(resource pcommon.Resource, scope pcommon.InstrumentationScope, from ptrace.Span) span {
	to := span{
		Scope:         scope.Name(),
		TraceID:       from.TraceID().String(),
		SpanID:        from.SpanID().String(),
		ParentSpanID:  from.ParentSpanID().String(),
		Name:          from.Name(),
		Kind:          from.Kind().String(),
		StartUnixNano: uint64(from.StartTimestamp()),
		EndUnixNano:   uint64(from.EndTimestamp()),
		Attributes:    from.Attributes().AsRaw(),
		Events:        []event{},
		Links:         []string{},
		Status:        from.Status().Code().String(),
		StatusMessage: from.Status().Message(),
	}
	if name, found := resource.Attributes().Get("service.name"); found {
		to.Service = name.Str()
	}
	for _, e := range from.Events().All() {
		to.Events = append(to.Events, event{e.Name(), uint64(e.Timestamp()), e.Attributes().AsRaw()})
	}
	for _, link := range from.Links().All() {
		to.Links = append(to.Links, link.TraceID().String()+"-"+link.SpanID().String())
	}
	return to
}

func (l *lines) consume(_ context.Context, traces ptrace.Traces) error {
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, one := range scope.Spans().All() {
				if err := l.write(read(resource.Resource(), scope.Scope(), one)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// freeAddress is one that nobody listens on now; the receiver cannot tell which it was given.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

func run() error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	config.Protocols.HTTP.GetOrInsertDefault().ServerConfig.NetAddr.Endpoint = address
	out := &lines{encoder: json.NewEncoder(os.Stdout)}
	sink, err := consumer.NewTraces(out.consume)
	if err != nil {
		return err
	}
	ctx := context.Background()
	receiver, err := factory.CreateTraces(ctx, receivertest.NewNopSettings(factory.Type()), config, sink)
	if err != nil {
		return err
	}
	var host component.Host = componenttest.NewNopHost()
	if err := receiver.Start(ctx, host); err != nil {
		return err
	}
	if err := out.write(map[string]string{"endpoint": "http://" + address}); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return receiver.Shutdown(ctx)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "collector:", err)
		os.Exit(1)
	}
}
