package io.tributary.client.eventlog;

import io.tributary.core.journal.JournalEntry;
import io.tributary.core.model.Entry;
import java.nio.charset.StandardCharsets;

/** Between entries, which have text, and the journal's, which have bytes. */
final class Texts {
  private static final int MAX_REASON = 500;

  private Texts() {}

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static Entry entry(JournalEntry entry) {
    return new Entry(
        entry.id(),
        new String(entry.event(), StandardCharsets.UTF_8),
        new String(entry.primaryKey(), StandardCharsets.UTF_8),
        entry.payload());
  }

  static JournalEntry journaled(Entry entry, long sequence) {
    return new JournalEntry(
        entry.id(), utf8(entry.event()), utf8(entry.primaryKey()), entry.payload(), sequence);
  }

  /** Upper bound, without encoding: for budgets. */
  static long bytes(Entry entry) {
    return entry.payload().length
        + 3L * (entry.event().length() + entry.primaryKey().length());
  }

  /** Why something failed; fit for every storage: no control characters or broken surrogates, short. */
  static String reason(Throwable cause) {
    String message = cause.getMessage();
    String whole = cause.getClass().getName() + (message == null ? "" : ": " + message);
    StringBuilder reason = new StringBuilder();
    for (int i = 0; i < whole.length(); ) {
      int c = whole.codePointAt(i);
      i += Character.charCount(c);
      if (reason.length() + Character.charCount(c) > MAX_REASON) {
        break;
      }
      boolean broken = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
      reason.appendCodePoint(broken || Character.isISOControl(c) ? ' ' : c);
    }
    return reason.toString();
  }
}
