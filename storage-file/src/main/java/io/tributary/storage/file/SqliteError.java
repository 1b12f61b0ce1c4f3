package io.tributary.storage.file;

import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What an error of SQLite means to us. */
enum SqliteError {
  /** There is no room; nothing was committed. */
  FULL,
  /** What was asked can't be done, though other things can. */
  REFUSED,
  /** The files can't be written by us, or another program holds the database. */
  UNAVAILABLE,
  /** The database file isn't what SQLite has written. */
  DAMAGED,
  /** The operating system reported an error, or SQLite did that we know nothing of. */
  IO;

  static SqliteError of(SQLException e) {
    if (!(e instanceof SQLiteException sqlite)) {
      return IO;
    }
    // The low byte is the primary code; the others say more precisely what it was.
    int code = sqlite.getResultCode().code & 0xff;
    if (code == SQLiteErrorCode.SQLITE_FULL.code) {
      return FULL;
    }
    if (code == SQLiteErrorCode.SQLITE_CONSTRAINT.code
        || code == SQLiteErrorCode.SQLITE_TOOBIG.code
        || code == SQLiteErrorCode.SQLITE_MISMATCH.code
        || code == SQLiteErrorCode.SQLITE_RANGE.code) {
      return REFUSED;
    }
    if (code == SQLiteErrorCode.SQLITE_READONLY.code
        || code == SQLiteErrorCode.SQLITE_PERM.code
        || code == SQLiteErrorCode.SQLITE_CANTOPEN.code
        || code == SQLiteErrorCode.SQLITE_BUSY.code
        || code == SQLiteErrorCode.SQLITE_LOCKED.code
        || code == SQLiteErrorCode.SQLITE_NOMEM.code) {
      return UNAVAILABLE;
    }
    if (code == SQLiteErrorCode.SQLITE_CORRUPT.code || code == SQLiteErrorCode.SQLITE_NOTADB.code) {
      return DAMAGED;
    }
    return IO;
  }
}
