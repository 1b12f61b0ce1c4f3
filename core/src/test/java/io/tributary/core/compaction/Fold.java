package io.tributary.core.compaction;

import io.tributary.core.eventlog.Compactor;
import io.tributary.core.eventlog.Replacement;
import io.tributary.core.model.Entry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Compactors of entries whose payload is a number as text. */
record Fold(String name, Set<String> events, Kind kind) implements Compactor {
  enum Kind {
    LATEST,
    GREATEST_ID,
    SUM,
    COUNT,
    IDENTITY,
    DROP,
    EXPLODE,
    THROW_IF_MANY,
    FOREIGN
  }

  @Override
  public List<Replacement> compact(String primaryKey, List<Entry> entries) throws Exception {
    Entry last = entries.get(entries.size() - 1);
    List<Replacement> all = new ArrayList<>();
    switch (kind) {
      case LATEST -> all.add(new Replacement(last.event(), primaryKey, last.payload()));
      case GREATEST_ID -> {
        Entry greatest = entries.stream().max(Comparator.comparing(Entry::id)).orElseThrow();
        all.add(new Replacement(greatest.event(), primaryKey, greatest.payload()));
      }
      case SUM ->
        all.add(
            number(last, primaryKey, entries.stream().mapToLong(Fold::number).sum()));
      case COUNT -> all.add(number(last, primaryKey, entries.size()));
      case IDENTITY ->
        entries.forEach(
            entry -> all.add(new Replacement(entry.event(), primaryKey, entry.payload())));
      case DROP -> {
        // nothing is left
      }
      case EXPLODE -> {
        for (int i = 0; i < 2 * entries.size() + 1; i++) {
          all.add(number(last, primaryKey, i));
        }
      }
      case THROW_IF_MANY -> {
        if (entries.size() > 2) {
          throw new IllegalStateException("too many for me");
        }
        all.add(number(last, primaryKey, entries.size()));
      }
      case FOREIGN -> all.add(new Replacement("foreign", primaryKey, last.payload()));
    }
    return all;
  }

  static long number(Entry entry) {
    return Long.parseLong(new String(entry.payload(), StandardCharsets.UTF_8).strip());
  }

  private static Replacement number(Entry like, String primaryKey, long number) {
    return new Replacement(like.event(), primaryKey, ListLog.utf8(Long.toString(number)));
  }
}
