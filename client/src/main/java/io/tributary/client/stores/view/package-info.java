/**
 * What stores show, kept in a storage's key-value spaces: read in order, changed one step after the other. Each space lives on one runner.
 */
@NullMarked
@CheckReturnValue
package io.tributary.client.stores.view;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
