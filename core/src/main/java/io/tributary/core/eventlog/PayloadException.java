package io.tributary.core.eventlog;

import org.jspecify.annotations.Nullable;

/**
 * A payload that can't be encoded or decoded. Says which event it is of and where in it the trouble
 * lies, never what is there; it has no cause, since a library's message may quote the content.
 */
public final class PayloadException extends RuntimeException {
  private static final int MAX_SEGMENT = 64;
  private static final int MAX_PATH = 400;

  private final @Nullable String event;
  private final String path;
  private final String problem;

  /** With what is wrong, in words that quote nothing of the payload. */
  public PayloadException(String problem) {
    this(null, "", problem);
  }

  private PayloadException(@Nullable String event, String path, String problem) {
    super("payload"
        + (event == null ? "" : " of " + event)
        + (path.isEmpty() ? "" : " at " + path)
        + ": "
        + problem);
    this.event = event;
    this.path = path;
    this.problem = problem;
  }

  /** The same, inside a field. */
  PayloadException under(String field) {
    return prefixed(shown(field));
  }

  /** The same, inside a list. */
  PayloadException under(int index) {
    return prefixed("[" + index + "]");
  }

  private PayloadException prefixed(String segment) {
    String joined = path.isEmpty() || path.startsWith("[") ? segment + path : segment + "." + path;
    return new PayloadException(
        event, joined.length() > MAX_PATH ? joined.substring(0, MAX_PATH) : joined, problem);
  }

  /** The same, of that event. */
  PayloadException of(String tag) {
    return new PayloadException(shown(tag), path, problem);
  }

  /** The event's tag; null if it is not known. */
  public @Nullable String event() {
    return event;
  }

  /** Where, such as {@code items[3].name}; empty if it is the payload as a whole. */
  public String path() {
    return path;
  }

  private static String shown(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length() && i < MAX_SEGMENT; i++) {
      char c = text.charAt(i);
      shown.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
    }
    return shown.toString();
  }
}
