package io.tributary.storage.contract;

import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.Winner;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Outline;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Values as text that is equal exactly if they are (but for SHA-256 of long byte arrays), because
 * records with arrays in them are not compared by content.
 */
final class Shown {
  private static final int SHORT = 64;

  private Shown() {}

  /** As {@code 0->3: +1 +2,3 =1}: heads, then per slot whether stored, and its sequences. */
  static String of(AppendResult result) {
    String slots = result.slots().stream()
        .map(slot -> (slot.stored() ? " +" : " =")
            + Arrays.stream(slot.sequences())
                .mapToObj(Long::toString)
                .collect(Collectors.joining(",")))
        .collect(Collectors.joining());
    return result.previousHead() + "->" + result.head() + ":" + slots;
  }

  static List<String> of(List<AppendResult> results) {
    return results.stream().map(Shown::of).toList();
  }

  static String of(Page page) {
    return "next "
        + page.next()
        + " head "
        + page.head()
        + page.records().stream().map(r -> "\n" + of(r)).collect(Collectors.joining());
  }

  static String of(StoredRecord stored) {
    NewRecord record = stored.record();
    return stored.firstSequence()
        + " "
        + record.ids()
        + " "
        + record.kind()
        + " at "
        + stored.committedAt()
        + " event "
        + of(record.event())
        + " key "
        + of(record.primaryKey())
        + " header "
        + of(record.header())
        + " body "
        + of(record.body())
        + " process "
        + record.process()
        + " author "
        + of(record.author());
  }

  static String of(Outline outline) {
    return outline.firstSequence()
        + " "
        + outline.ids()
        + " ids, "
        + outline.bytes()
        + " bytes at "
        + outline.committedAt()
        + " event "
        + of(outline.event());
  }

  static String of(PlacedEntry placed) {
    JournalEntry entry = placed.entry();
    return placed.position()
        + " "
        + entry.id()
        + " event "
        + of(entry.event())
        + " key "
        + of(entry.primaryKey())
        + " payload "
        + of(entry.payload())
        + " sequence "
        + entry.sequence();
  }

  static String of(Winner winner) {
    return winner.id()
        + " event "
        + of(winner.event())
        + " key "
        + of(winner.primaryKey())
        + " payload "
        + of(winner.payload())
        + " policy "
        + winner.policy();
  }

  static String of(byte @Nullable [] bytes) {
    if (bytes == null) {
      return "null";
    }
    if (bytes.length <= SHORT) {
      return "[" + HexFormat.of().formatHex(bytes) + "]";
    }
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return "[" + bytes.length + " bytes, " + HexFormat.of().formatHex(digest) + "]";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
