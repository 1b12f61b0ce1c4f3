package io.tributary.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Finds the storage providers that are there: ours and third parties'. */
public final class Storages {
  private static final String KEY = "storage.provider";

  private Storages() {}

  /**
   * The provider of that name, among those that {@link ServiceLoader} finds by the calling thread's
   * context class loader.
   *
   * @throws StorageConfigException with key {@code storage.provider} if there is none, or more than
   *     one, or if one on the class path cannot be loaded
   */
  public static StorageProvider find(String name) {
    List<StorageProvider> providers = new ArrayList<>();
    try {
      ServiceLoader.load(StorageProvider.class).forEach(providers::add);
    } catch (ServiceConfigurationError e) {
      throw new StorageConfigException(
          KEY, "a storage provider on the class path cannot be loaded: " + e.getMessage(), e);
    }
    return find(name, providers);
  }

  static StorageProvider find(String name, List<StorageProvider> providers) {
    List<StorageProvider> matches =
        providers.stream().filter(provider -> provider.name().equals(name)).toList();
    if (matches.size() == 1) {
      return matches.get(0);
    }
    if (matches.isEmpty()) {
      throw new StorageConfigException(
          KEY,
          "found "
              + name
              + ", allowed are the providers on the class path: "
              + providers.stream()
                  .map(StorageProvider::name)
                  .distinct()
                  .sorted()
                  .collect(Collectors.joining(", ")));
    }
    throw new StorageConfigException(
        KEY,
        "found "
            + name
            + ", which is the name of more than one provider on the class path: "
            + matches.stream()
                .map(provider -> provider.getClass().getName())
                .sorted()
                .collect(Collectors.joining(", ")));
  }
}
