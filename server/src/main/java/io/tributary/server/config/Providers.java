package io.tributary.server.config;

import io.tributary.storage.StorageProvider;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;

/** The storage providers on the class path. */
public final class Providers {
  private Providers() {}

  /** Their names, in order. */
  public static Set<String> names() {
    Set<String> names = new TreeSet<>();
    ServiceLoader.load(StorageProvider.class).forEach(provider -> names.add(provider.name()));
    return names;
  }
}
