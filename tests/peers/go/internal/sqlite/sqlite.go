// Package sqlite opens databases the way a busy service wants them: a log ahead of the file (WAL),
// one connection that writes, others that read beside it.
package sqlite

import (
	"database/sql"
	"fmt"
	"net/url"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

const (
	busyMilliseconds = "1000"
	readers          = 8
)

// synchronous says, for each durability, what SQLite calls it: full survives a power cut, normal a
// killed process.
var synchronous = map[string]string{"full": "FULL", "normal": "NORMAL"}

// OpenWriter opens (or makes) the database with the one connection that may write: SQLite takes
// one writer at a time, so a queue in front of one connection beats several that wait for a lock.
func OpenWriter(file, durability, schema string) (*sql.DB, error) {
	mode, known := synchronous[durability]
	if !known {
		return nil, fmt.Errorf("durability is full or normal, not %q", durability)
	}
	db, err := open(file, url.Values{"_journal_mode": {"WAL"}, "_synchronous": {mode}}, 1)
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec(schema); err != nil {
		return nil, err
	}
	return db, nil
}

// OpenReader opens a database that OpenWriter has made.
func OpenReader(file string) (*sql.DB, error) {
	return open(file, url.Values{"_query_only": {"true"}}, readers)
}

func open(file string, options url.Values, connections int) (*sql.DB, error) {
	options.Set("_busy_timeout", busyMilliseconds)
	db, err := sql.Open("sqlite3", "file:"+file+"?"+options.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}
