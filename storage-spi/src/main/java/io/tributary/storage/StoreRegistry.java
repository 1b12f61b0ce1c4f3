package io.tributary.storage;

import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/**
 * Which store in the clear an identity reads and writes, and which key an identity signs with.
 * Durable domain state, never derived.
 *
 * <p>Failures that are answers come as {@link RegistryException}; a storage that can't be asked
 * fails with reason {@link RegistryException.Reason#UNAVAILABLE}.
 */
public interface StoreRegistry {
  /** What a v3 peer, which can't name a store, asks for. */
  String DEFAULT_STORE = "default";

  /**
   * The store that {@code publicKey} is mapped to.
   *
   * @param requestedStore the name the peer uses; v3 peers pass {@link #DEFAULT_STORE}
   * @return the store's id within the tenant; fails with {@code NOT_MAPPED} if there is none or it
   *     was removed
   */
  Future<String> resolve(String tenant, String publicKey, String requestedStore);

  /**
   * Maps a key to a store. Idempotent for the same mapping.
   *
   * @param revive whether a mapping that was removed may be made again, to the same store or another
   * @return fails with {@code ALREADY_ASSIGNED} if the key is mapped to another store, with {@code
   *     REMOVED} if it was removed and {@code revive} is false
   */
  Future<Void> assign(Mapping mapping, boolean revive);

  /**
   * Takes all of a key's mappings away, and remembers that.
   *
   * @return how many were taken away
   */
  Future<Integer> remove(String tenant, String publicKey);

  /**
   * Mappings in the order of tenant, publicKey and requestedStore, each by its UTF-8 bytes; those
   * that were removed too.
   *
   * @param after to go on after this one; empty for the first
   * @param max at most this many, at least 1
   */
  Future<List<Listed>> list(Optional<Mapping> after, int max);

  /**
   * Binds a key to the key it signs with, unless it is bound already.
   *
   * @return the key it is bound to now: the given one or an earlier one
   */
  Future<byte[]> bind(Binding binding);

  /** The key that {@code publicKey} signs with, if it is bound. */
  Future<Optional<byte[]>> binding(String tenant, String publicKey);

  /**
   * Bindings in the order of tenant and publicKey, each by its UTF-8 bytes.
   *
   * @param after to go on after this one; empty for the first
   * @param max at most this many, at least 1
   */
  Future<List<Binding>> bindings(Optional<Binding> after, int max);

  /**
   * A mapping.
   *
   * @param tenant the tenant of key and store
   * @param publicKey the identity
   * @param requestedStore the name the identity uses for the store
   * @param store the store's id within the tenant
   */
  record Mapping(String tenant, String publicKey, String requestedStore, String store) {}

  /**
   * A mapping and whether it still holds.
   *
   * @param mapping the mapping
   * @param removed whether it was removed
   */
  record Listed(Mapping mapping, boolean removed) {}

  /**
   * A binding.
   *
   * @param tenant the tenant of the key
   * @param publicKey the identity
   * @param signingKey the key it signs with
   */
  record Binding(String tenant, String publicKey, byte[] signingKey) {}
}
