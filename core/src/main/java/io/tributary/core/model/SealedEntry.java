package io.tributary.core.model;

/**
 * An entry as the hub sees it in an encrypted store.
 *
 * @param id the id its author gave in the clear
 * @param iv the initialization vector, opaque and of any length
 * @param ciphertext AES-GCM with its tag at the end, opaque here
 */
public record SealedEntry(EntryId id, byte[] iv, byte[] ciphertext) {}
