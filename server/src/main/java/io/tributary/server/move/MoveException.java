package io.tributary.server.move;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An export or import did not get done; the message is one line that an operator can act on. */
public final class MoveException extends IOException {
  private static final long serialVersionUID = 1L;

  MoveException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** About a line of the file, counted from 1. */
  static MoveException at(long line, String message) {
    return at(line, message, null);
  }

  static MoveException at(long line, String message, @Nullable Throwable cause) {
    return new MoveException("line " + line + ": " + message, cause);
  }
}
