package io.tributary.client.stores.view;

import io.tributary.client.eventlog.EventJournal;
import io.tributary.client.eventlog.Steps;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.model.EntryId;
import io.tributary.storage.KeyValueStore.Item;
import io.tributary.storage.KeyValueStore.Range;
import io.vertx.core.Future;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Entries that a space shows no more, and that their journal keeps until every remote has them: they are
 * noted in the commit that hides them, and let go later. Lives on the space's runner.
 */
public final class JournalTrim {
  private static final char KIND = 'q';
  private static final byte[] NONE = {};
  private static final int PAGE = 256;

  private final Space space;
  private final EventJournal journal;
  private final Remover remover;

  /** Lets entries of a journal go. */
  @FunctionalInterface
  public interface Remover {
    /**
     * Removes those that no configured remote is still to get; they stay known.
     *
     * @return those that went
     */
    Future<List<EntryId>> remove(List<EntryId> ids);
  }

  /** For one journal and the space that shows it. */
  public JournalTrim(Space space, EventJournal journal, Remover remover) {
    this.space = space;
    this.journal = journal;
    this.remover = remover;
  }

  /** Notes that an entry is to go. */
  public static void note(Draft draft, EntryId id) {
    draft.put(KeyBuilder.of(KIND).id(id).build(), NONE);
  }

  /** Whether that was noted about an entry. */
  public static Future<Boolean> isNoted(Draft draft, EntryId id) {
    return draft.get(KeyBuilder.of(KIND).id(id).build()).map(Optional::isPresent);
  }

  /**
   * Lets go what can go.
   *
   * @return how many stay
   */
  public Future<Long> run() {
    byte[] prefix = KeyBuilder.of(KIND).build();
    Range all = Range.prefix(prefix, false);
    byte[][] from = {all.from()};
    long[] stay = {0};
    return Steps.repeat(() -> space
            .range(new Range(from[0], all.to(), false), PAGE, Long.MAX_VALUE)
            .compose(page -> {
              if (page.isEmpty()) {
                return Future.succeededFuture(false);
              }
              byte[] last = page.get(page.size() - 1).key();
              from[0] = Arrays.copyOf(last, last.length + 1);
              return remove(page).map(gone -> {
                stay[0] += page.size() - gone;
                return page.size() == PAGE;
              });
            }))
        .map(done -> stay[0]);
  }

  private Future<Integer> remove(List<Item> page) {
    List<EntryId> ids =
        page.stream().map(item -> KeyBuilder.idAt(item.key(), 1)).toList();
    return remover.remove(ids).compose(removed -> {
      Set<EntryId> went = new HashSet<>(removed);
      List<EntryId> rest = ids.stream().filter(id -> !went.contains(id)).toList();
      // Such as went before a crash.
      return gone(rest).compose(before -> {
        went.addAll(before);
        return space.change(draft -> {
          went.forEach(id -> draft.delete(KeyBuilder.of(KIND).id(id).build()));
          return Future.succeededFuture(went.size());
        });
      });
    });
  }

  private Future<List<EntryId>> gone(List<EntryId> ids) {
    return ids.isEmpty()
        ? Future.succeededFuture(List.of())
        : journal
            .known(ids)
            .map(known -> ids.stream().filter(id -> isGone(known, id)).toList());
  }

  private static boolean isGone(Map<EntryId, KnownEntry> known, EntryId id) {
    KnownEntry entry = known.get(id);
    return entry == null || entry.position() == 0;
  }
}
