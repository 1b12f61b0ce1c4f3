package io.tributary.server.config;

/**
 * A key's effective value.
 *
 * @param key with dots
 * @param value as YAML on one line, secrets masked; empty = none
 * @param origin where it came from
 */
public record Setting(String key, String value, String origin) {}
