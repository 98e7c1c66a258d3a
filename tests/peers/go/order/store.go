package main

import (
	"context"
	"database/sql"

	"msdemo.example/peer/internal/sqlite"
)

const schema = `CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL,
  item_name TEXT NOT NULL,
  username TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT`

// orderStore keeps orders in a file.
type orderStore struct {
	insert *sql.Stmt
}

func openOrderStore(file, durability string) (*orderStore, error) {
	writer, err := sqlite.OpenWriter(file, durability, schema)
	if err != nil {
		return nil, err
	}
	insert, err := writer.Prepare("INSERT INTO orders" +
		" (user_id, item_name, username, status, created_at) VALUES (?, ?, ?, ?, ?)")
	if err != nil {
		return nil, err
	}
	return &orderStore{insert}, nil
}

// add stores an order and gives it its id. Outside a transaction the statement is its own: one
// insert, one commit. An order that has been begun is finished, even if its caller has gone.
func (s *orderStore) add(ctx context.Context, order Order) (Order, error) {
	done, err := s.insert.ExecContext(context.WithoutCancel(ctx),
		order.UserID, order.ItemName, order.Username, order.Status, order.CreatedAt)
	if err != nil {
		return Order{}, err
	}
	order.ID, err = done.LastInsertId()
	return order, err
}
