package io.tributary.server.move;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tributary.core.model.StoreKey;
import io.tributary.storage.RegistryException;
import io.tributary.storage.RegistryException.Reason;
import io.tributary.storage.StoreRegistry;
import io.tributary.storage.StoreRegistry.Listed;
import io.tributary.storage.StoreRegistry.Mapping;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Puts mappings into a registry. Those of a key come one after the other and are put there together,
 * because a key's mappings are removed together.
 */
final class Mappings {
  /** As a registry lists them. */
  static final Comparator<Mapping> ORDER = by(Mapping::tenant)
      .thenComparing(by(Mapping::publicKey))
      .thenComparing(by(Mapping::requestedStore));

  private final StoreRegistry registry;
  private final List<Listed> ofKey = new ArrayList<>();
  private long line;

  Mappings(StoreRegistry registry) {
    this.registry = registry;
  }

  private static Comparator<Mapping> by(Function<Mapping, String> text) {
    return (a, b) ->
        Arrays.compareUnsigned(text.apply(a).getBytes(UTF_8), text.apply(b).getBytes(UTF_8));
  }

  void add(long number, Listed listed) throws IOException {
    Mapping mapping = listed.mapping();
    if (!ofKey.isEmpty()
        && (!ofKey.get(0).mapping().tenant().equals(mapping.tenant())
            || !ofKey.get(0).mapping().publicKey().equals(mapping.publicKey()))) {
      finish();
    }
    ofKey.add(listed);
    line = number;
  }

  /** Puts those of the last key there. */
  void finish() throws IOException {
    if (ofKey.isEmpty()) {
      return;
    }
    List<Mapping> live = mappings(false);
    List<Mapping> removed = mappings(true);
    boolean wasThere = false;
    for (Mapping mapping : live) {
      String store = resolve(mapping);
      if (store != null && !store.equals(mapping.store())) {
        throw differs(mapping, "is mapped to another store");
      }
      wasThere |= store != null;
    }
    if (!removed.isEmpty()) {
      requireNoOthers(live);
    }
    boolean remove = false;
    for (Mapping mapping : removed) {
      remove |= assign(mapping, false);
    }
    Mapping any = ofKey.get(0).mapping();
    if (remove) {
      int unused = Waiting.on(registry.remove(any.tenant(), any.publicKey()));
    }
    for (Mapping mapping : live) {
      if (!assign(mapping, remove && wasThere)) {
        throw differs(mapping, "was removed here");
      }
    }
    ofKey.clear();
  }

  /** A key's mappings are removed together, so there must be none that the file doesn't know. */
  private void requireNoOthers(List<Mapping> live) throws IOException {
    Mapping any = ofKey.get(0).mapping();
    Mapping first = new Mapping(any.tenant(), any.publicKey(), "", "");
    List<Mapping> here = new ArrayList<>();
    String store = resolve(first);
    if (store != null) {
      here.add(new Mapping(any.tenant(), any.publicKey(), "", store));
    }
    Optional<Mapping> after = Optional.of(first);
    while (after.isPresent()) {
      List<Listed> page = Waiting.on(registry.list(after, 100));
      after = Optional.empty();
      for (Listed listed : page) {
        Mapping mapping = listed.mapping();
        boolean same =
            mapping.tenant().equals(any.tenant()) && mapping.publicKey().equals(any.publicKey());
        if (same && !listed.removed()) {
          here.add(mapping);
        }
        after = same ? Optional.of(mapping) : Optional.empty();
      }
    }
    for (Mapping mapping : here) {
      if (!live.contains(mapping)) {
        throw differs(
            mapping, "is mapped here, but not in the file: remove that, or leave the key out");
      }
    }
  }

  private List<Mapping> mappings(boolean removed) {
    return ofKey.stream()
        .filter(l -> l.removed() == removed)
        .map(Listed::mapping)
        .toList();
  }

  private @Nullable String resolve(Mapping mapping) throws IOException {
    try {
      return Waiting.on(
          registry.resolve(mapping.tenant(), mapping.publicKey(), mapping.requestedStore()));
    } catch (RegistryException e) {
      if (e.reason() == Reason.NOT_MAPPED) {
        return null;
      }
      throw failed(e);
    }
  }

  /** False if it was removed. */
  private boolean assign(Mapping mapping, boolean revive) throws IOException {
    try {
      Waiting.on(registry.assign(mapping, revive));
      return true;
    } catch (RegistryException e) {
      if (e.reason() == Reason.REMOVED) {
        return false;
      }
      throw failed(e);
    }
  }

  private MoveException failed(RegistryException e) {
    return MoveException.at(line, "the registry: " + e.getMessage(), e);
  }

  private MoveException differs(Mapping mapping, String how) {
    return MoveException.at(
        line,
        "the key "
            + StoreKey.cut(mapping.publicKey())
            + " of tenant "
            + mapping.tenant()
            + " "
            + how);
  }
}
