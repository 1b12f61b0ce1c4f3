package io.tributary.client.simulation;

import io.tributary.core.journal.JournalEntry;
import io.tributary.core.retention.CompactionStrategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/** What a replica keeps, as its strategy says it and, to judge that by, as plainly as can be. */
final class Limits {
  private enum Kind {
    AGE,
    COUNT,
    SIZE
  }

  private record Limit(Kind kind, long value) {}

  private final List<Limit> limits = new ArrayList<>();

  /** One or two limits. */
  static Limits random(Random random) {
    Limits all = new Limits();
    for (int i = random.nextInt(3); i >= 0; i -= 2) {
      all.limits.add(
          switch (random.nextInt(3)) {
            case 0 -> new Limit(Kind.AGE, random.nextInt(200_000));
            case 1 -> new Limit(Kind.COUNT, random.nextInt(30));
            default -> new Limit(Kind.SIZE, random.nextInt(3_000));
          });
    }
    return all;
  }

  CompactionStrategy strategy() {
    List<CompactionStrategy> all = limits.stream().map(Limits::strategy).toList();
    return all.size() == 1
        ? all.get(0)
        : CompactionStrategy.composite(all.toArray(CompactionStrategy[]::new));
  }

  private static CompactionStrategy strategy(Limit limit) {
    return switch (limit.kind) {
      case AGE -> CompactionStrategy.byAge(Duration.ofMillis(limit.value));
      case COUNT -> CompactionStrategy.byCount(limit.value);
      case SIZE -> CompactionStrategy.bySize(limit.value);
    };
  }

  /** Which of these stay, by a clock. */
  List<JournalEntry> kept(Collection<JournalEntry> entries, long nowMs) {
    List<JournalEntry> kept = new ArrayList<>(entries);
    kept.sort(Comparator.comparing(JournalEntry::id).reversed());
    for (Limit limit : limits) {
      List<JournalEntry> still = new ArrayList<>();
      long bytes = 0;
      for (JournalEntry entry : kept) {
        bytes += entry.bytes() + 16;
        boolean stays = switch (limit.kind) {
          case AGE ->
            limit.value > 0 && Math.min(entry.id().millis(), nowMs) >= nowMs - limit.value;
          case COUNT -> still.size() < limit.value;
          case SIZE -> bytes <= limit.value;
        };
        if (stays) {
          still.add(entry);
        }
      }
      kept = still;
    }
    return kept;
  }

  @Override
  public String toString() {
    return limits.toString();
  }
}
