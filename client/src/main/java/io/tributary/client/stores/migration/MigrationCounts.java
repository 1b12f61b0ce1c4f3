package io.tributary.client.stores.migration;

import io.tributary.client.eventlog.Adoption;

/**
 * What became of the things in one store.
 *
 * @param found how many there were to migrate
 * @param added how many of them are new to the target; in a dry run, would be
 * @param known how many the target has, or had and let go
 * @param unreadable how many can't be read, or can't be what the target keeps
 */
public record MigrationCounts(long found, long added, long known, long unreadable) {
  /** Of nothing. */
  public static final MigrationCounts NONE = new MigrationCounts(0, 0, 0, 0);

  /** One that can't be read. */
  static final MigrationCounts UNREADABLE = new MigrationCounts(1, 0, 0, 1);

  static MigrationCounts of(Adoption adoption) {
    return new MigrationCounts(
        adoption.added() + adoption.known(), adoption.added(), adoption.known(), 0);
  }

  /** Both together. */
  public MigrationCounts plus(MigrationCounts other) {
    return new MigrationCounts(
        found + other.found,
        added + other.added,
        known + other.known,
        unreadable + other.unreadable);
  }
}
