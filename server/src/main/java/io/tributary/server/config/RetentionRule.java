package io.tributary.server.config;

import io.tributary.core.model.StoreKey;
import java.time.Duration;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How much the stores of a kind keep. In both patterns {@code *} stands for any characters, or none.
 *
 * @param tenant a pattern for the store's tenant
 * @param store a pattern for what follows the slash in the store's key: {@code sealed:PUBLICKEY},
 *     {@code batch:PUBLICKEY:STORE} or {@code plain:STORE}
 * @param byAge how old an entry may become, counted from its commit; null = any
 * @param byCount how many entries a store keeps; null = any number
 * @param bySizeBytes how many bytes a store keeps, by {@link
 *     io.tributary.core.log.NewRecord#bytes()}; null = any number
 */
public record RetentionRule(
    String tenant,
    String store,
    @Nullable Duration byAge,
    @Nullable Long byCount,
    @Nullable Long bySizeBytes) {
  /** Spelled out, because javac 17 loses a compact one's {@code @Nullable} for other modules. */
  public RetentionRule(
      String tenant,
      String store,
      @Nullable Duration byAge,
      @Nullable Long byCount,
      @Nullable Long bySizeBytes) {
    if (byAge == null && byCount == null && bySizeBytes == null) {
      throw new IllegalArgumentException("a retention rule has at least one limit");
    }
    this.tenant = tenant;
    this.store = store;
    this.byAge = byAge;
    this.byCount = byCount;
    this.bySizeBytes = bySizeBytes;
  }

  /** Whether it is about {@code key}. */
  public boolean matches(StoreKey key) {
    String text = key.toString();
    return matches(tenant, key.tenant()) && matches(store, text.substring(text.indexOf('/') + 1));
  }

  private static boolean matches(String pattern, String text) {
    return Pattern.matches(
        Arrays.stream(pattern.split("\\*", -1))
            .map(Pattern::quote)
            .collect(Collectors.joining(".*")),
        text);
  }
}
