// The page of a device: shows news, and calls actions.
'use strict';
