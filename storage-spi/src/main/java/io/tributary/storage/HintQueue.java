package io.tributary.storage;

import io.tributary.core.model.StoreKey;
import io.tributary.storage.Hint.Committed;
import io.tributary.storage.Hint.Invalidated;
import io.tributary.storage.Hint.Removed;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a node has still to tell the others, for providers with a channel that takes text: messages
 * of lines in ASCII, one a hint, ends of lines between them. Lines that a node does not know are
 * passed over. Bounded: what is too much to keep or to send becomes {@link
 * HintChannel.Listener#missed} at the others. Thread-safe.
 */
public final class HintQueue {
  /** Enough for every store that somebody writes to at once. */
  static final int MAX_HINTS = 10_000;

  private static final String COMMITTED = "committed";
  private static final String REMOVED = "removed";
  private static final String INVALIDATED = "invalidated";
  private static final String MISSED = "missed";

  /** By the hint with the number 0. */
  private final Map<Hint, Hint> waiting = new LinkedHashMap<>();

  private boolean missed;

  /** Nothing to tell. */
  public HintQueue() {}

  /** Adds a hint, unless one that is waiting says as much. */
  public synchronized void add(Hint hint) {
    waiting.merge(withNumber(hint, 0), hint, (a, b) -> number(a) > number(b) ? a : b);
    if (waiting.size() > MAX_HINTS) {
      waiting.values().forEach(this::lost);
      waiting.clear();
    }
  }

  /** Whether there is nothing to tell. */
  public synchronized boolean isEmpty() {
    return waiting.isEmpty() && !missed;
  }

  /**
   * Takes the next message.
   *
   * @param maxLength it is at most this many characters; at least 100
   * @return empty if there is nothing to tell
   */
  public synchronized Optional<String> next(int maxLength) {
    StringBuilder message = new StringBuilder();
    for (var hints = waiting.values().iterator(); hints.hasNext(); ) {
      Hint hint = hints.next();
      String line = line(hint);
      if (line.length() > maxLength) {
        lost(hint);
      } else if (message.length() + 1 + line.length() > maxLength) {
        break;
      } else {
        message.append(message.length() == 0 ? "" : "\n").append(line);
      }
      hints.remove();
    }
    if (message.length() > 0) {
      return Optional.of(message.toString());
    }
    if (missed) {
      missed = false;
      return Optional.of(MISSED);
    }
    return Optional.empty();
  }

  /** A message that was taken may not have reached the others. */
  public synchronized void unsent(String message) {
    read(message, new HintChannel.Listener() {
      @Override
      public void on(Hint hint) {
        lost(hint);
      }

      @Override
      public void missed() {
        missed = true;
      }
    });
  }

  private synchronized void lost(Hint hint) {
    missed |= !(hint instanceof Committed);
  }

  /** Calls the listener for what a message says. */
  public static void read(String message, HintChannel.Listener listener) {
    for (String line : message.split("\n", -1)) {
      if (line.equals(MISSED)) {
        listener.missed();
      } else {
        parse(line).ifPresent(listener::on);
      }
    }
  }

  private static Optional<Hint> parse(String line) {
    String[] words = line.split(" ", 3);
    if (words.length < 3) {
      return Optional.empty();
    }
    try {
      return switch (words[0]) {
        case COMMITTED ->
          Optional.of(new Committed(StoreKey.parse(words[2]), Long.parseLong(words[1])));
        case REMOVED ->
          Optional.of(new Removed(StoreKey.parse(words[2]), Long.parseLong(words[1])));
        case INVALIDATED -> Optional.of(new Invalidated(decode(words[1]), decode(words[2])));
        default -> Optional.empty();
      };
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String line(Hint hint) {
    if (hint instanceof Committed committed) {
      return COMMITTED + " " + committed.head() + " " + committed.store();
    }
    if (hint instanceof Removed removed) {
      return REMOVED + " " + removed.through() + " " + removed.store();
    }
    Invalidated invalidated = (Invalidated) hint;
    return INVALIDATED + " " + encode(invalidated.key()) + " " + encode(invalidated.primaryKey());
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  /** 0 for hints that have none. */
  private static long number(Hint hint) {
    if (hint instanceof Committed committed) {
      return committed.head();
    }
    return hint instanceof Removed removed ? removed.through() : 0;
  }

  private static Hint withNumber(Hint hint, long number) {
    if (hint instanceof Committed committed) {
      return new Committed(committed.store(), number);
    }
    return hint instanceof Removed removed ? new Removed(removed.store(), number) : hint;
  }
}
