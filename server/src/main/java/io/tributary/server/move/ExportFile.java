package io.tributary.server.move;

import io.tributary.core.log.LogItem;
import io.tributary.core.model.StoreKey;
import io.tributary.server.move.LineParser.BadLineException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file line by line and sees that it is one: each line where it belongs, items in sequence
 * order within their store, digests that match, and an end.
 */
final class ExportFile {
  /** Beyond any record's: a line is kept in memory whole. */
  private static final int MAX_LINE = 1 << 29;

  private static final int BUFFER = 1 << 16;

  /** What the lines are up to. */
  private enum Part {
    START,
    STORES,
    STORE,
    MAPPINGS,
    BINDINGS,
    OUTCOMES,
    PROGRESS,
    END
  }

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER];
  private int at;
  private int end;

  private final LineDigest ofStore = new LineDigest();
  private final LineDigest ofFile = new LineDigest();
  private Part part = Part.START;
  private long number;
  private Line.@Nullable Store store;
  private long lastSequence;
  private Line.@Nullable Mapping lastMapping;
  private Line.@Nullable Outcome lastOutcome;
  private Line.@Nullable Progress lastProgress;

  /** Of the stores in the clear, of which there are few. */
  private final Map<StoreKey, Long> heads = new HashMap<>();

  ExportFile(InputStream in) {
    this.in = in;
  }

  /** The number of the line that was read last, from 1. */
  long number() {
    return number;
  }

  /**
   * The next line; null after the end.
   *
   * @throws MoveException if it is wrong in any way
   */
  @Nullable
  Line next() throws IOException {
    byte[] bytes = readLine();
    if (bytes == null) {
      if (part != Part.END) {
        throw MoveException.at(number + 1, "the file ends here, but is not complete");
      }
      return null;
    }
    number++;
    try {
      Line line = LineParser.parse(bytes);
      accept(line, bytes);
      return line;
    } catch (BadLineException e) {
      throw MoveException.at(number, String.valueOf(e.getMessage()), e);
    }
  }

  private void accept(Line line, byte[] bytes) throws BadLineException {
    if (line instanceof Line.Header) {
      require(part == Part.START, "a header");
      part = Part.STORES;
      add(ofFile, bytes);
    } else if (line instanceof Line.Store opened) {
      require(part == Part.STORES, "a store");
      if (opened.store() instanceof StoreKey.Plain) {
        heads.put(opened.store(), opened.head());
      }
      part = Part.STORE;
      store = opened;
      lastSequence = 0;
      ofStore.reset();
      add(ofStore, bytes);
    } else if (line instanceof Line.Item item) {
      require(part == Part.STORE, "a record or tombstone");
      follow(item.item());
      add(ofStore, bytes);
    } else if (line instanceof Line.Digest digest) {
      require(part == Part.STORE && digest.store().equals(currentStore()), "this store's digest");
      match(ofStore, digest.sum());
      part = Part.STORES;
      add(ofFile, bytes);
    } else if (line instanceof Line.Mapping mapping) {
      require(part == Part.STORES || part == Part.MAPPINGS, "a mapping");
      require(
          lastMapping == null
              || Mappings.ORDER.compare(
                      lastMapping.listed().mapping(), mapping.listed().mapping())
                  < 0,
          "this mapping");
      part = Part.MAPPINGS;
      lastMapping = mapping;
      add(ofFile, bytes);
    } else if (line instanceof Line.Binding) {
      require(part == Part.STORES || part == Part.MAPPINGS || part == Part.BINDINGS, "a binding");
      part = Part.BINDINGS;
      add(ofFile, bytes);
    } else if (line instanceof Line.Outcome outcome) {
      require(
          part != Part.START && part != Part.STORE && part.compareTo(Part.OUTCOMES) <= 0,
          "an outcome");
      long head = headOf(outcome.store());
      if (outcome.entry() != null && outcome.entry().sequence() > head) {
        throw new BadLineException(
            "sequence " + outcome.entry().sequence() + " is above the store's head, " + head, null);
      }
      require(lastOutcome == null || order(lastOutcome, outcome) < 0, "this outcome");
      part = Part.OUTCOMES;
      lastOutcome = outcome;
      add(ofFile, bytes);
    } else if (line instanceof Line.Progress progress) {
      require(part != Part.START && part != Part.STORE && part != Part.END, "progress");
      long head = headOf(progress.store());
      if (Math.max(progress.next() - 1, progress.begun()) > head) {
        throw new BadLineException("the progress is above the store's head, " + head, null);
      }
      require(
          lastProgress == null
              || lastProgress.store().toString().compareTo(progress.store().toString()) < 0,
          "this progress");
      part = Part.PROGRESS;
      lastProgress = progress;
      add(ofFile, bytes);
    } else if (line instanceof Line.End last) {
      require(part != Part.START && part != Part.STORE && part != Part.END, "the end");
      if (last.sum() != null) {
        match(ofFile, last.sum());
      }
      part = Part.END;
    }
  }

  private long headOf(StoreKey.Plain processed) throws BadLineException {
    Long head = heads.get(processed);
    if (head == null) {
      throw new BadLineException("the file has no store " + processed, null);
    }
    return head;
  }

  private static int order(Line.Outcome a, Line.Outcome b) {
    int byStore = a.store().toString().compareTo(b.store().toString());
    return byStore != 0 ? byStore : a.outcome().id().compareTo(b.outcome().id());
  }

  private static void require(boolean here, String what) throws BadLineException {
    if (!here) {
      throw new BadLineException(what + " doesn't belong here", null);
    }
  }

  private @Nullable StoreKey currentStore() {
    return store == null ? null : store.store();
  }

  private void follow(LogItem item) throws BadLineException {
    long head = store == null ? 0 : store.head();
    if (item.firstSequence() <= lastSequence) {
      throw new BadLineException(
          "sequence " + item.firstSequence() + " doesn't come after " + lastSequence, null);
    }
    lastSequence = item.lastSequence();
    if (lastSequence > head) {
      throw new BadLineException(
          "sequence " + lastSequence + " is above the store's head, " + head, null);
    }
  }

  private static void add(LineDigest digest, byte[] bytes) {
    digest.update(bytes, 0, bytes.length);
    digest.update(new byte[] {'\n'}, 0, 1);
    digest.lineEnds();
  }

  private static void match(LineDigest digest, Line.Sum sum) throws BadLineException {
    if (digest.lines() != sum.lines()) {
      throw new BadLineException(
          "counts " + sum.lines() + " lines, but there are " + digest.lines(), null);
    }
    if (!Arrays.equals(digest.sha256(), sum.sha256())) {
      throw new BadLineException("the lines it covers are not as they were written", null);
    }
  }

  /** Without its newline, which the last one may lack; null if there is none. */
  private byte @Nullable [] readLine() throws IOException {
    ByteArrayOutputStream line = null;
    while (true) {
      if (at == end) {
        at = 0;
        end = Math.max(0, in.read(buffer));
        if (end == 0) {
          return line == null ? null : line.toByteArray();
        }
      }
      int newline = at;
      while (newline < end && buffer[newline] != '\n') {
        newline++;
      }
      if (newline < end && line == null) {
        byte[] whole = Arrays.copyOfRange(buffer, at, newline);
        at = newline + 1;
        return whole;
      }
      if (line == null) {
        line = new ByteArrayOutputStream(2 * BUFFER);
      }
      line.write(buffer, at, newline - at);
      if (line.size() > MAX_LINE) {
        throw MoveException.at(number + 1, "longer than any line of an export");
      }
      at = newline;
      if (newline < end) {
        at++;
        return line.toByteArray();
      }
    }
  }
}
