package main

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"msdemo.example/peer/internal/sqlite"
)

// mapStore keeps users in memory, until the process ends.
type mapStore struct {
	mutex sync.RWMutex
	names map[int64]string
}

func newMapStore() *mapStore { return &mapStore{names: map[int64]string{}} }

func (s *mapStore) Add(_ context.Context, name string) (User, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	id := int64(len(s.names) + 1)
	s.names[id] = name
	return User{id, name}, nil
}

func (s *mapStore) Find(_ context.Context, id int64) (User, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	name, known := s.names[id]
	if !known {
		return User{}, errNoUser
	}
	return User{id, name}, nil
}

const schema = `CREATE TABLE IF NOT EXISTS users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL
) STRICT`

// sqliteStore keeps users in a file.
type sqliteStore struct {
	insert *sql.Stmt
	find   *sql.Stmt
}

func openSQLiteStore(file, durability string) (*sqliteStore, error) {
	writer, err := sqlite.OpenWriter(file, durability, schema)
	if err != nil {
		return nil, err
	}
	reader, err := sqlite.OpenReader(file)
	if err != nil {
		return nil, err
	}
	insert, err := writer.Prepare("INSERT INTO users (name) VALUES (?)")
	if err != nil {
		return nil, err
	}
	find, err := reader.Prepare("SELECT name FROM users WHERE id = ?")
	if err != nil {
		return nil, err
	}
	return &sqliteStore{insert, find}, nil
}

// Both statements take microseconds. To be able to cancel one, the driver would start a goroutine
// for each, so a caller that has gone is not noticed.

func (s *sqliteStore) Add(ctx context.Context, name string) (User, error) {
	done, err := s.insert.ExecContext(context.WithoutCancel(ctx), name)
	if err != nil {
		return User{}, err
	}
	id, err := done.LastInsertId()
	return User{id, name}, err
}

func (s *sqliteStore) Find(ctx context.Context, id int64) (User, error) {
	user := User{ID: id}
	err := s.find.QueryRowContext(context.WithoutCancel(ctx), id).Scan(&user.Name)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, errNoUser
	}
	return user, err
}
