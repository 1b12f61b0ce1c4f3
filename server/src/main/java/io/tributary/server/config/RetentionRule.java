package io.tributary.server.config;

import io.tributary.core.model.StoreKey;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How much the stores of a kind keep. In all patterns {@code *} stands for any characters, or none.
 *
 * @param tenant a pattern for the store's tenant
 * @param store a pattern for what follows the slash in the store's key: {@code sealed:PUBLICKEY},
 *     {@code batch:PUBLICKEY:STORE} or {@code plain:STORE}
 * @param events patterns for the tags of the records it is about, of stores in the clear, which it
 *     counts as if there were no others; empty = it is about all records, of any store
 * @param byAge how old an entry may become, counted from its commit; null = any
 * @param byCount how many entries a store keeps; null = any number
 * @param bySizeBytes how many bytes a store keeps, by {@link
 *     io.tributary.core.log.NewRecord#bytes()}; null = any number
 */
public record RetentionRule(
    String tenant,
    String store,
    List<String> events,
    @Nullable Duration byAge,
    @Nullable Long byCount,
    @Nullable Long bySizeBytes) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public RetentionRule(
      String tenant,
      String store,
      List<String> events,
      @Nullable Duration byAge,
      @Nullable Long byCount,
      @Nullable Long bySizeBytes) {
    if (byAge == null && byCount == null && bySizeBytes == null) {
      throw new IllegalArgumentException("a retention rule has at least one limit");
    }
    this.tenant = tenant;
    this.store = store;
    this.events = List.copyOf(events);
    this.byAge = byAge;
    this.byCount = byCount;
    this.bySizeBytes = bySizeBytes;
  }

  /** About all records. */
  public RetentionRule(
      String tenant,
      String store,
      @Nullable Duration byAge,
      @Nullable Long byCount,
      @Nullable Long bySizeBytes) {
    this(tenant, store, List.of(), byAge, byCount, bySizeBytes);
  }

  /** Whether it is about {@code key}, or about some of its records. */
  public boolean matches(StoreKey key) {
    if (!events.isEmpty() && !(key instanceof StoreKey.Plain)) {
      return false; // nobody here knows the tags of what is encrypted
    }
    String text = key.toString();
    return pattern(tenant).matcher(key.tenant()).matches()
        && pattern(store).matcher(text.substring(text.indexOf('/') + 1)).matches();
  }

  /** Its patterns for tags, to be matched whole; none if it is about all records. */
  public List<Pattern> eventPatterns() {
    return events.stream().map(RetentionRule::pattern).toList();
  }

  private static Pattern pattern(String stars) {
    return Pattern.compile(
        Arrays.stream(stars.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")),
        Pattern.DOTALL);
  }
}
