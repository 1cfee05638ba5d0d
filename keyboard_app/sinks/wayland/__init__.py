"""Wayland compositors of the wlroots family: sway, labwc, Hyprland, phosh. Their input-method-v2 and virtual-keyboard-v1."""
