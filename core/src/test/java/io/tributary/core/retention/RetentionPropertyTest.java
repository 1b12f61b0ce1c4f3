package io.tributary.core.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.EntryId;
import io.tributary.core.retention.CompactionStrategy.ByAge;
import io.tributary.core.retention.CompactionStrategy.ByCount;
import io.tributary.core.retention.CompactionStrategy.BySize;
import io.tributary.core.retention.CompactionStrategy.Composite;
import io.tributary.core.wire.v3.Seeds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Random rules and journals, compared with a model that does literally what the strategies say. */
class RetentionPropertyTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final List<String> EVENTS = List.of("a", "b", "c");

  private record Item(EntryId id, String event, long bytes) {}

  @Test
  void keepsWhatTheModelKeeps() {
    Random random = Seeds.random("keepsWhatTheModelKeeps");
    int rounds = Seeds.LONG ? 200_000 : 5_000;
    int kept = 0;
    int gone = 0;
    for (int i = 0; i < rounds; i++) {
      List<Item> journal = journal(random);
      List<RetentionRule> rules = rules(random);
      RetentionRun run = new RetentionRun(rules, NOW);
      while (run.looks()) {
        journal.forEach(item -> run.look(item.id, item.event, item.bytes));
        run.looked();
      }
      Set<EntryId> expected = kept(journal, rules);
      Set<EntryId> actual = new HashSet<>();
      for (Item item : journal) {
        if (!run.goes(item.id, item.event)) {
          actual.add(item.id);
        }
      }
      assertThat(actual).as("%s of %s", rules, journal).isEqualTo(expected);
      kept += actual.size();
      gone += journal.size() - actual.size();
    }
    assertThat(Math.min(kept, gone)).as("neither all nor nothing").isGreaterThan(rounds);
  }

  private static Set<EntryId> kept(List<Item> journal, List<RetentionRule> rules) {
    List<Item> newestFirst = new ArrayList<>(journal);
    newestFirst.sort(Comparator.comparing(Item::id).reversed());
    Set<Item> gone = new HashSet<>();
    for (RetentionRule rule : rules) {
      if (!rule.events().isEmpty()) {
        List<Item> about = newestFirst.stream()
            .filter(item -> rule.events().contains(item.event))
            .toList();
        List<Item> stay = keep(about, rule.strategy());
        about.stream().filter(item -> !stay.contains(item)).forEach(gone::add);
      }
    }
    List<Item> left = newestFirst.stream().filter(item -> !gone.contains(item)).toList();
    Set<Item> stay = new HashSet<>(left);
    for (RetentionRule rule : rules) {
      if (rule.events().isEmpty()) {
        stay.retainAll(new HashSet<>(keep(left, rule.strategy())));
      }
    }
    Set<EntryId> ids = new HashSet<>();
    stay.forEach(item -> ids.add(item.id));
    return ids;
  }

  private static List<Item> keep(List<Item> newestFirst, CompactionStrategy strategy) {
    if (strategy instanceof ByAge byAge) {
      return newestFirst.stream()
          .filter(item ->
              Duration.ofMillis(NOW - Math.min(NOW, item.id.millis())).compareTo(byAge.age()) < 0)
          .toList();
    } else if (strategy instanceof ByCount byCount) {
      return newestFirst.stream().limit(Math.max(0, byCount.count())).toList();
    } else if (strategy instanceof BySize bySize) {
      List<Item> stay = new ArrayList<>();
      long sum = 0;
      for (Item item : newestFirst) {
        sum += item.bytes;
        if (sum > bySize.bytes()) {
          break;
        }
        stay.add(item);
      }
      return stay;
    } else {
      List<Item> stay = newestFirst;
      for (CompactionStrategy part : ((Composite) strategy).strategies()) {
        stay = keep(stay, part);
      }
      return stay;
    }
  }

  private static List<Item> journal(Random random) {
    Map<EntryId, Item> items = new LinkedHashMap<>();
    for (int i = random.nextInt(60); i > 0; i--) {
      EntryId id = switch (random.nextInt(20)) {
        case 0 -> new EntryId(random.nextLong(), random.nextLong());
        case 1 -> random.nextBoolean() ? new EntryId(0, 0) : new EntryId(-1, -1);
        default ->
          new EntryId(
              (NOW + 20 - random.nextInt(100)) << 16 | 0x7000 | random.nextInt(2),
              Long.MIN_VALUE | random.nextInt(3));
      };
      items.putIfAbsent(
          id, new Item(id, EVENTS.get(random.nextInt(EVENTS.size())), 16 + random.nextInt(100)));
    }
    List<Item> journal = new ArrayList<>(items.values());
    Collections.shuffle(journal, random);
    return journal;
  }

  private static List<RetentionRule> rules(Random random) {
    List<RetentionRule> rules = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      Set<String> events = new HashSet<>();
      for (int j = random.nextInt(3); j > 0; j--) {
        events.add(EVENTS.get(random.nextInt(EVENTS.size())));
      }
      rules.add(new RetentionRule(events, strategy(random, 0)));
    }
    return rules;
  }

  private static CompactionStrategy strategy(Random random, int depth) {
    return switch (random.nextInt(depth > 1 ? 3 : 4)) {
      case 0 ->
        CompactionStrategy.byAge(Duration.ofNanos(random.nextLong(-5_000_000L, 120_000_000L)));
      case 1 -> CompactionStrategy.byCount(random.nextInt(50) - 2);
      case 2 -> CompactionStrategy.bySize(random.nextInt(4_000) - 50);
      default -> {
        List<CompactionStrategy> parts = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          parts.add(strategy(random, depth + 1));
        }
        yield new Composite(parts);
      }
    };
  }
}
