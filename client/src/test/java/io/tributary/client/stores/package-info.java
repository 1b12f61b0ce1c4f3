/** Tests of the stores. */
@org.jspecify.annotations.NullMarked
package io.tributary.client.stores;
