// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that can be made to refuse every transfer.
contract StubbornToken is ERC20 {
    bool public refusing;

    error StubbornToken_Refuses();

    constructor() ERC20("Stubborn", "NO") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function refuse(bool refusing_) external {
        refusing = refusing_;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (refusing) revert StubbornToken_Refuses();
        super._update(from, to, value);
    }
}
