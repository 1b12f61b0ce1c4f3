package io.tributary.client.sync;

import io.tributary.core.model.EntryId;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A strict remote has not acked a write in time. The write is in the journal, and goes on being
 * pending, unless the cause is an {@link EntryRefusedException}.
 */
public final class NotReplicatedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient EntryId id;
  private final long position;
  private final transient Map<String, String> missing;

  /** @param cause why the first of them has not acked */
  NotReplicatedException(
      EntryId id, long position, Map<String, String> missing, @Nullable Throwable cause) {
    super(
        "entry " + id + " is kept, but not acked by "
            + missing.entrySet().stream()
                .map(each -> each.getKey() + " (" + each.getValue() + ")")
                .collect(Collectors.joining(", ")),
        cause);
    this.id = id;
    this.position = position;
    this.missing = Map.copyOf(missing);
  }

  /** The entry that was written. */
  public EntryId id() {
    return id;
  }

  /** Its place in the journal. */
  public long position() {
    return position;
  }

  /** Why it is not known to be there, by the keys of the remotes. */
  public Map<String, String> missing() {
    return missing;
  }
}
