package io.tributary.storage;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.Outlines;
import io.tributary.core.log.Page;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.Tombstones;
import io.tributary.core.model.StoreKey;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The shared logs: per store, records under strictly increasing, contiguous sequences from 1, which
 * become visible in order.
 */
public interface LogStore {
  /**
   * Appends durably. A record is stored if and only if at least one of its ids is unknown to its
   * store, over all writers, restarts and removals; an id repeated within the call counts as known
   * from its second occurrence on. A record that is stored takes a new sequence for each of its ids,
   * known ones too; but an id's own sequence, told when a record isn't stored, stays the one it was
   * first committed under.
   *
   * <p>All appends to one store in a call take effect in order, are committed together, and become
   * visible together; appends to different stores may fare differently if the call fails. An append
   * without records changes nothing and tells the head. Calls under way at the same time take effect
   * in any order.
   *
   * <p>Appending the same ids again is always safe, and is what a caller does after an unknown
   * outcome.
   *
   * @return one result per append, in order. Fails with {@link StorageException}, whose outcome says
   *     whether anything can have been committed.
   */
  Future<List<AppendResult>> append(List<Append> appends);

  /**
   * Reads in sequence order, starting with the first record whose last sequence is {@code >= from}.
   * Never shows a gap that is filled in later.
   *
   * <p>A record that is reached in its middle is returned whole. Removed records are left out. Beyond
   * the head, and in a store nothing was ever written to, there are no records and {@code next} is
   * {@code from}.
   *
   * @param from a sequence; below 1 counts as 1
   * @param maxRecords at most this many, at least 1
   * @param maxBytes at most this many by {@link io.tributary.core.log.NewRecord#bytes()}, but always
   *     at least one record if there is one
   * @return as many records as both limits allow
   * @throws IllegalArgumentException if {@code maxRecords} is below 1
   */
  Future<Page> read(StoreKey store, long from, int maxRecords, long maxBytes);

  /** The heads of exactly these stores; 0 for a store nothing was ever written to. */
  Future<Map<StoreKey, Long>> heads(Collection<StoreKey> stores);

  /**
   * As {@link #read}, without the records' bytes.
   *
   * @param from a sequence; below 1 counts as 1
   * @param max at most this many records, at least 1
   */
  Future<Outlines> scan(StoreKey store, long from, int max);

  /**
   * Removes records: from the future's completion on, no read that begins returns them, and their
   * bytes are given up ({@link Storage#reclaim} says when they are gone from the disk). The store
   * remembers their ids: appended again, they are known under the sequence they were first
   * committed under. The head stays.
   *
   * @return what was removed; fails with {@link FencedException}, and nothing is removed, if the
   *     removal's lease has ended
   */
  Future<Removed> remove(Removal removal);

  /**
   * Drops tombstones of entries removed before a time: appended again, their ids are new. A storage
   * may keep a tombstone up to a day longer than asked, but with {@link Long#MAX_VALUE} all are due.
   *
   * @param removedBefore Unix milliseconds
   * @param max at most this many, at least 1
   * @return how many were dropped; fewer than {@code max} means that no more are due
   */
  Future<Integer> forget(StoreKey store, long removedBefore, int max);

  /**
   * The tombstones of a store in sequence order. For exports: may cost as much as the store is long.
   *
   * @param from only sequences from here on
   * @param max at most this many, at least 1
   */
  Future<Tombstones> tombstones(StoreKey store, long from, int max);

  /**
   * Puts records and tombstones into a store under the sequences they had elsewhere, all or nothing,
   * durably. In sequence order, an id that the store knows stays as it is known.
   *
   * @return fails with {@link StorageException}, outcome {@code REJECTED}, if an item is not above
   *     the store's head, or the items are not in order, or above the restoration's head
   */
  Future<Void> restore(Restoration restoration);

  /**
   * The stores that were ever written to, in the order of their keys' text (ASCII).
   *
   * @param after to go on after this one; empty for the first
   * @param max at most this many, at least 1
   */
  Future<List<StoreKey>> stores(Optional<StoreKey> after, int max);

  /** What a store holds. Costs the same however long the store is. */
  Future<StoreStats> stats(StoreKey store);
}
