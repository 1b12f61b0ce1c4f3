package io.tributary.storage;

/** A provider's section of the configuration is wrong. */
public final class StorageConfigException extends RuntimeException {
  private final String key;

  /**
   * @param key the key within the provider's section, as {@code dir}
   * @param message what was found and what is allowed
   */
  public StorageConfigException(String key, String message) {
    super(message);
    this.key = key;
  }

  /** The key within the provider's section. */
  public String key() {
    return key;
  }
}
