package io.tributary.core.eventlog;

import io.tributary.core.model.Entry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Ways to make compactors, and the buckets they are given. */
public final class Compactors {
  private Compactors() {}

  /** Folds the entries of a bucket. */
  @FunctionalInterface
  public interface Effect {
    /**
     * Folds a bucket; see {@link Compactor}.
     *
     * @param entries of one primary key, in sequence order
     * @param write takes what is put in their place, in order; not to be used afterwards
     * @throws Exception if it can't: the entries pass as they are
     */
    void compact(List<Entry> entries, Write write) throws Exception;
  }

  /** Folds the events of a bucket. */
  @FunctionalInterface
  public interface GroupEffect {
    /**
     * Folds a bucket; see {@link Compactor}.
     *
     * @throws Exception if it can't: the entries pass as they are
     */
    void compact(Bucket bucket) throws Exception;
  }

  /** Takes what is put in the place of entries. */
  @FunctionalInterface
  public interface Write {
    /** Adds one, with the payload's bytes; its event is one of the compactor's. */
    void write(String event, String primaryKey, byte[] payload);
  }

  /** What a {@link GroupEffect} is given. Not to be used afterwards. */
  public static final class Bucket {
    private final String primaryKey;
    private final List<Entry> entries;
    private final List<TypedEvent<?>> events;
    private final EventGroup group;
    private final List<Replacement> written = new ArrayList<>();

    private Bucket(String primaryKey, List<Entry> entries, EventGroup group) {
      this.primaryKey = primaryKey;
      this.entries = List.copyOf(entries);
      this.group = group;
      List<TypedEvent<?>> decoded = new ArrayList<>(entries.size());
      for (Entry entry : entries) {
        decoded.add(TypedEvent.of(
            group.event(entry.event()).orElseThrow(() -> unknown(entry.event(), group)), entry));
      }
      events = List.copyOf(decoded);
    }

    /** The primary key of all of them. */
    public String primaryKey() {
      return primaryKey;
    }

    /** The entries, in sequence order. */
    public List<Entry> entries() {
      return entries;
    }

    /** The same with their payloads decoded. */
    public List<TypedEvent<?>> events() {
      return events;
    }

    /**
     * Puts an event in their place; several stay in order. Its primary key is what the definition
     * makes of the payload.
     *
     * @throws PayloadException if it can't be written
     * @throws IllegalArgumentException if the group doesn't define the event
     */
    public <P> void write(EventDefinition<P> event, P payload) {
      if (group.event(event.tag()).orElse(null) != event) {
        throw unknown(event.tag(), group);
      }
      written.add(new Replacement(event.tag(), event.primaryKey(payload), event.encode(payload)));
    }

    private static IllegalArgumentException unknown(String tag, EventGroup group) {
      return new IllegalArgumentException(group + " does not define " + tag);
    }
  }

  /**
   * A compactor of some events, which takes their payloads as bytes.
   *
   * @param name unique in a runtime, the same on every node and after restarts; not empty
   * @param events at least one tag
   * @throws IllegalArgumentException if the name or the events are empty
   */
  public static Compactor of(String name, Set<String> events, Effect effect) {
    return new Folding(name, Set.copyOf(events), (primaryKey, entries) -> {
      List<Replacement> written = new ArrayList<>();
      effect.compact(entries, (event, key, payload) -> {
        if (!events.contains(event)) {
          throw new IllegalArgumentException("compactor " + name + " does not take " + event);
        }
        written.add(new Replacement(event, key, payload));
      });
      return written;
    });
  }

  /** A compactor of all events of a group, with its name, which takes payloads decoded. */
  public static Compactor ofGroup(EventGroup group, GroupEffect effect) {
    Set<String> tags = new LinkedHashSet<>();
    group.events().forEach(event -> tags.add(event.tag()));
    return new Folding(group.name(), Set.copyOf(tags), (primaryKey, entries) -> {
      Bucket bucket = new Bucket(primaryKey, entries, group);
      effect.compact(bucket);
      return bucket.written;
    });
  }

  /** Entries by their primary keys: the keys in the order they first occur, entries in theirs. */
  public static Map<String, List<Entry>> byPrimaryKey(Iterable<Entry> entries) {
    Map<String, List<Entry>> buckets = new LinkedHashMap<>();
    for (Entry entry : entries) {
      buckets.computeIfAbsent(entry.primaryKey(), key -> new ArrayList<>()).add(entry);
    }
    return buckets;
  }

  private interface Fold {
    List<Replacement> apply(String primaryKey, List<Entry> entries) throws Exception;
  }

  private record Folding(String name, Set<String> events, Fold fold) implements Compactor {
    Folding {
      if (name.isEmpty() || events.isEmpty()) {
        throw new IllegalArgumentException("a compactor has a name and at least one event");
      }
    }

    @Override
    public List<Replacement> compact(String primaryKey, List<Entry> entries) throws Exception {
      return List.copyOf(fold.apply(primaryKey, entries));
    }
  }
}
